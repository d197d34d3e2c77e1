# shellcheck shell=bash disable=SC2034
# What differs from site to site; the only file of slurm/ to edit. Or copy it, edit the copy, and: export CPLAE_SITE=/path/to/copy
# It is read twice: by you before sbatch (source slurm/site.sh), and by every job.

# Where jobs go, in the site's names; empty: the site's default. A script's own -p, -A or -q on sbatch's command line wins.
partition=""
account=""
qos=""

# What starts the ranks: srun (SLURM itself) or mpirun (Open MPI's, inside the allocation).
launcher="${CPLAE_LAUNCHER:-srun}"
# `srun --mpi=list` says what the site has: pmix for Open MPI, often pmi2 or cray_shasta for MPICH and its relatives.
srun_options="--mpi=pmix --cpu-bind=cores"
# One GPU a rank, near its cores. Where a site refuses this: --gpu-bind=none, and each rank takes the GPU of its number on the node.
gpu_options="--gpu-bind=single:1"
mpirun_options="--bind-to core --map-by slot:PE=${SLURM_CPUS_PER_TASK:-1}"

# How a job goes on that could not finish: requeue (the same job again), follow (a second job that waits for this one to end),
# or auto (follow where the partition's PreemptMode is CANCEL or the job may not be requeued, else requeue).
go_on="${CPLAE_GO_ON:-auto}"
# The program stops so long before the time limit; no less than the seconds of --signal in the scripts.
reserve_seconds="${CPLAE_RESERVE_SECONDS:-120}"

# What was loaded when cplae was built.
load_modules() {
  : # module load gcc/12 openmpi hdf5-parallel
}

[ -z "$partition" ] || export SBATCH_PARTITION="$partition"
[ -z "$account" ] || export SBATCH_ACCOUNT="$account"
[ -z "$qos" ] || export SBATCH_QOS="$qos"
