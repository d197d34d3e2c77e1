# shellcheck shell=bash disable=SC2154
# What the batch scripts have in common; sourced by them, never run. slurm/README.md says how to use them, docs/architecture.md why
# it is made so. Variables that are set nowhere here come from slurm/site.sh.
set -euo pipefail

# An element of an array has a number that may also mean the whole array, and a name that means itself.
job="${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}"
job="${job:-$SLURM_JOB_ID}"
# This job and those that it follows, as provenance.json names them.
jobs_so_far="${CPLAE_EARLIER_JOBS:+$CPLAE_EARLIER_JOBS }$SLURM_JOB_ID"
# So many sessions in a row without progress end the chain.
most_fruitless=3
# What the last session left may hold the run folder for a while: ranks that outlive their node's daemon, locks that the server still
# believes in.
lock_patience_seconds="${CPLAE_LOCK_PATIENCE_SECONDS:-300}"
# So long mpirun may stay when its ranks on this node have ended.
launcher_patience_seconds="${CPLAE_LAUNCHER_PATIENCE_SECONDS:-30}"

say() { printf '[job %s] %s\n' "$job" "$*"; }
refuse() {
  say "error: $*" >&2
  exit 2
}

# job_field NAME: a word of what SLURM knows of this job.
job_field() { scontrol show job -o "$job" | tr ' ' '\n' | sed -n "s/^$1=//p" | sed -n 1p || true; }

# Sets `program`, `words` (of `cplae run`), `run` and `wants_report` from: STUDY DATA RUN [OPTION...]
read_arguments() {
  program="${CPLAE_PROGRAM:-$CPLAE_HOME/build/bin/cplae}"
  [ -x "$program" ] || refuse "$program: no such program; build it (scripts/build.sh cplae), or set CPLAE_PROGRAM"
  case "${3:--}" in -*) refuse "expected STUDY DATA RUN, found: '$*'; such as: sbatch slurm/cpu.sbatch jobs/demo.toml cohort.h5mu my_run" ;; esac
  run="$3"
  words=(run "$1" --data "$2" --device "$device" --wait-for-lock "$lock_patience_seconds")
  shift 3
  if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
    run="$run/seed-$SLURM_ARRAY_TASK_ID"
    words+=(--set "study.seed=$SLURM_ARRAY_TASK_ID")
    mkdir -p "$(dirname "$run")" || exit 1
  fi
  words+=(--out "$run")
  add_given "$@"
}

# Whether this job, or one that it follows, has opened the run folder: provenance.json names the job of every session.
is_begun() {
  [ -f "$run/provenance.json" ] && grep -qE "\"SLURM_JOB_ID\": \"(${jobs_so_far// /|})\"" "$run/provenance.json"
}

# Adds to `words` the options of this job's command line. The ranks never make the report: they have to leave together. What --overwrite
# would remove in a later session is the work of the earlier ones. One that never came to open the folder has removed nothing.
add_given() {
  local word
  wants_report=yes
  for word in "$@"; do
    case "$word" in
      --overwrite | --overwrite=*)
        if is_begun; then say "--overwrite was for the first session: this one goes on"; else words+=("$word"); fi ;;
      --no-report | --no-report=*) wants_report=no ;;
      *) words+=("$word") ;;
    esac
  done
  words+=(--no-report)
}

# Sets `end`, in seconds since 1970; empty where the job has no time limit. The program stops by its own clock: signals do not reach all
# ranks of all launchers. It is told when and not after how long, whatever happens before its ranks have started.
read_time_limit() {
  local text
  end=""
  text="$(job_field EndTime)"
  case "$text" in "" | Unknown | N/A) return ;; esac
  end="$(date -d "$text" +%s)"
  [ $((end - reserve_seconds)) -gt "$(date +%s)" ] || refuse "the time limit leaves nothing beside the reserve of $reserve_seconds s: ask for more time (sbatch --time)"
  words+=(--stop-at "$((end - reserve_seconds))")
}

# Sets `launch`: the words that start a program on all ranks.
read_launcher() {
  local options
  case "$launcher" in
    srun)
      # srun no longer takes --cpus-per-task from the job. mpirun's own srun may not have it: its daemon would be kept to one task's cores.
      export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}"
      read -ra options <<<"$srun_options${SLURM_GPUS_PER_NODE:+ $gpu_options}"
      # Ranks end together; without --wait those of a rank that was killed would wait for it until the time limit.
      launch=(srun --wait=30 "${options[@]}") ;;
    mpirun)
      # When the job is ended mpirun is told so itself, and would kill the ranks after a second.
      export OMPI_MCA_odls_base_sigkill_timeout="${OMPI_MCA_odls_base_sigkill_timeout:-12}"
      read -ra options <<<"$mpirun_options"
      launch=(mpirun "${options[@]}") ;;
    *) refuse "site file: launcher is srun or mpirun, not '$launcher'" ;;
  esac
}

# What is done, from the run folder alone: the same text twice means no progress.
progress() { "$program" status "$run" 2>/dev/null | grep -E '^(networks|results|statistics|tables)|checkpoint at step' || true; }

# Whether the run folder says that nothing is left.
is_done() {
  local now
  now="$(progress)"
  [ "$(grep -cE '^(networks|statistics).*, 0 left' <<<"$now")" = 2 ] && [[ "$now" != *" running"* ]] && grep -qE '^tables +written' <<<"$now"
}

# has_ranks PID: whether mpirun has ranks on this node. It starts them itself, those of other nodes through an srun. One that has ended and
# is not yet noticed is none.
has_ranks() { [ "$({ ps -o stat= -o comm= --ppid "$1" 2>/dev/null || true; } | grep -cvE '^Z|[[:space:]](srun|orted|prted)$')" != 0 ]; }

# is_ours PID: whether it is a child of this job's shell still, and not another process of the same number.
is_ours() { [ "$({ ps -o ppid= -p "$1" 2>/dev/null || true; } | tr -d ' ')" = "$$" ]; }

# guard_launcher PID: Open MPI 4.1's mpirun now and then waits for ever for a rank that was killed. Ends with it.
guard_launcher() {
  local had_ranks=no alone=0 left=5
  trap '' USR1
  while is_ours "$1" && [ "$alone" -le "$launcher_patience_seconds" ]; do
    if has_ranks "$1"; then had_ranks=yes alone=0; elif [ "$had_ranks" = yes ]; then alone=$((alone + 1)); fi
    # Ranks that are killed at their start must not go unseen.
    if [ "$had_ranks" = yes ]; then sleep 1; else sleep 0.2; fi
  done
  is_ours "$1" || return 0
  say "mpirun stays, $launcher_patience_seconds s after its last rank on this node: ended"
  kill -TERM "$1" || true
  while is_ours "$1" && [ "$left" -gt 0 ]; do
    sleep 1
    left=$((left - 1))
  done
  ! is_ours "$1" || kill -KILL "$1" 2>/dev/null || true
}

# Runs the study; sets `code`. What the shell is told goes on as USR1, which both launchers hand to all ranks (srun kills them on TERM).
run_study() {
  local told=no launched pid="" guard=""
  trap 'told=yes; [ -z "$pid" ] || kill -USR1 "$pid" 2>/dev/null || true' USR1 TERM
  "${launch[@]}" "$program" "${words[@]}" &
  launched=$!
  if [ "$launcher" = mpirun ]; then
    guard_launcher "$launched" &
    guard=$!
  fi
  # What comes before the launcher is in the place of the shell's copy would be lost there.
  sleep 1
  pid="$launched"
  [ "$told" = no ] || kill -USR1 "$pid" 2>/dev/null || true
  while :; do
    told=no
    code=0
    wait "$pid" || code=$?
    [ "$told" = yes ] || break
  done
  trap '' USR1 TERM
  [ -z "$guard" ] || wait "$guard" || true
  # srun has been seen to end with 0 when a node could not start its task.
  if [ "$code" = 0 ] && ! is_done; then
    say "the launcher ended with 0, but the study is not done"
    code=1
  fi
}

# Makes RUN/report.html, here and not on rank 0: srun counts its --wait from the first rank that has left, and ends one that draws pictures
# after that. Its failure is a line of the log. What is left of the time limit is all that it gets.
make_report() {
  [ "$wants_report" = yes ] || return 0
  local seconds=86400
  [ -z "$end" ] || seconds=$((end - $(date +%s) - 10))
  if [ "$seconds" -lt 1 ] || ! timeout --kill-after=5 "$seconds" "$program" report "$run"; then
    say "no report; later, by hand: $program report $run"
  fi
}

must_follow() {
  case "$go_on" in
    requeue) return 1 ;;
    follow) return 0 ;;
    auto) [ "$(job_field Requeue)" = 0 ] || scontrol show partition -o "$SLURM_JOB_PARTITION" | grep -q ' PreemptMode=CANCEL' ;;
    *) refuse "site file: go_on is auto, requeue or follow, not '$go_on'" ;;
  esac
}

# add_option NAME VALUE: to `options`, where there is a value.
add_option() { case "${2:-}" in "" | "(null)") ;; *) options+=("--$1=$2") ;; esac; }

# Where this job's log goes, with what sbatch has put in the place of its number.
own_output() {
  local path name
  path="$(job_field StdOut)"
  name="${path##*/}"
  [ -z "${SLURM_ARRAY_JOB_ID:-}" ] || name="${name//$SLURM_ARRAY_JOB_ID/%A}"
  printf '%s' "${path%"${path##*/}"}${name//$SLURM_JOB_ID/%j}"
}

# Sets `options`: this job's own, whatever its command line was; what SLURM tells of them, which --signal and --mail-type are not among.
read_own_options() {
  options=()
  add_option job-name "${SLURM_JOB_NAME:-}"
  add_option partition "${SLURM_JOB_PARTITION:-}"
  add_option account "${SLURM_JOB_ACCOUNT:-}"
  add_option qos "${SLURM_JOB_QOS:-}"
  add_option constraint "$(job_field Features)"
  add_option time "$(job_field TimeLimit)"
  if [ -n "${SLURM_NTASKS_PER_NODE:-}" ]; then
    add_option nodes "$SLURM_JOB_NUM_NODES"
    add_option ntasks-per-node "$SLURM_NTASKS_PER_NODE"
  else
    add_option ntasks "${SLURM_NTASKS:-}"
  fi
  add_option cpus-per-task "${SLURM_CPUS_PER_TASK:-}"
  add_option gpus "${SLURM_GPUS:-}"
  add_option gpus-per-node "${SLURM_GPUS_PER_NODE:-}"
  add_option gpus-per-task "${SLURM_GPUS_PER_TASK:-}"
  [ -n "${SLURM_GPUS_PER_NODE:-}" ] || add_option gres "$(job_field TresPerNode | sed 's/gres://g')"
  add_option mem "${SLURM_MEM_PER_NODE:-}"
  add_option mem-per-cpu "${SLURM_MEM_PER_CPU:-}"
  case "$(job_field OverSubscribe)" in NO) options+=(--exclusive) ;; USER) options+=(--exclusive=user) ;; esac
  add_option reservation "$(job_field Reservation)"
  add_option nodelist "$(job_field ReqNodeList)"
  add_option exclude "$(job_field ExcNodeList)"
  add_option licenses "$(job_field Licenses)"
  add_option output "$(own_output)"
  add_option array "${SLURM_ARRAY_TASK_ID:-}"
}

# Sets `next`: the job that starts when this one has ended, however it ended.
follow_up() {
  next="$(squeue --noheader --format='%i %E' --user="$(id -un)" | sed -n "s/^\([^ ]*\) .*afterany:${job}[(,].*/\1/p" | sed -n 1p)"
  [ -n "$next" ] || submit_next
}

submit_next() {
  local options
  read_own_options
  next="$(env -u SLURM_RESTART_COUNT CPLAE_FRUITLESS="$fruitless" CPLAE_EARLIER_JOBS="$jobs_so_far" sbatch --parsable --dependency="afterany:$job" "${options[@]}" "$script" "${given[@]}")" || return 1
  next="${next%%;*}"
  say "job $next goes on when this one has ended; to end both: scancel $next $job"
}

drop_follow_up() { [ -z "$next" ] || scancel "$next" || true; }

# was_cancelled STATE: a user's scancel looks like any other end from within, but for what SLURM does not know of it.
was_cancelled() {
  case "$1" in CANCELLED | COMPLETING) ;; *) return 1 ;; esac
  [ "$(job_field PreemptTime)" = None ] && [ "$(job_field Reason)" = None ] && { [ -z "$end" ] || [ "$(date +%s)" -lt $((end - 5)) ]; }
}

# note_session: a line for this session in RUN/sessions.tsv. A link there would have it written elsewhere.
note_session() {
  local file="$run/sessions.tsv"
  if [ -L "$file" ]; then
    say "$file: is a link, which is not followed" >&2
    return 1
  fi
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$job" "${SLURM_RESTART_COUNT:-0}" "$SLURM_JOB_NODELIST" "$code" "$gain" >>"$file"
}

# Sessions without progress at the end of RUN/sessions.tsv.
noted_fruitless() { awk -F '\t' '{ n = $6 == "no" ? n + 1 : 0 } END { print n + 0 }' "$run/sessions.tsv"; }

# is_fruitful BEFORE: whether any of the last few sessions made progress. Sets `gain` (whether this one did), `noted` (whether the run
# folder says so) and `fruitless` (how many in a row did not). On a full disk the folder tells nothing: then a follow-up is told the count
# by its environment.
is_fruitful() {
  gain=no
  noted=no
  [ "$1" = "$(progress)" ] || gain=yes
  if [ ! -d "$run" ]; then
    # Killed or stopped while it started: nothing to look at but how often that was.
    [ "$code" -ge 75 ] || return 1
    fruitless=$((${CPLAE_FRUITLESS:-0} + 1))
    [ "${SLURM_RESTART_COUNT:-0}" -lt "$fruitless" ] || fruitless=$((SLURM_RESTART_COUNT + 1))
  elif note_session; then
    noted=yes
    fruitless="$(noted_fruitless)"
  else
    fruitless=$((${CPLAE_FRUITLESS:-0} + 1))
  fi
  [ "$fruitless" -lt "$most_fruitless" ]
}

requeue() {
  local answer=""
  if answer="$(scontrol requeue "$job" 2>&1)"; then
    say "requeued"
    return
  fi
  say "scontrol requeue: $answer"
  # Preempted or requeued by its user: SLURM was first.
  [[ "$answer" == *"pending execution"* ]]
}

# The job once more: by the follow-up that waits, by requeueing, or by a follow-up where that is refused. Another job comes first where
# this one gained nothing: on a node that died, what is left of its step bars the step of the same number. A follow-up that was submitted
# beforehand knows of no count. A requeued job keeps its environment, so that only the run folder, or SLURM's own count, can tell it.
start_again() {
  if [ -n "$next" ] && [ "$noted" = yes ]; then
    say "job $next goes on"
  elif [ "$gain" = yes ] && [ "$noted" = yes ]; then
    requeue || follow_up || give_up
  else
    drop_follow_up
    submit_next || { { [ "$noted" = yes ] || [ ! -d "$run" ]; } && requeue; } || give_up
  fi
}

give_up() { say "error: neither requeued nor followed; submit the same line again" >&2; }

# What becomes of the job, by the exit code of cplae and by what the run folder said before. SLURM is asked last: a job that is cancelled
# between its answer and `scontrol requeue` would live again.
end_session() {
  local fruitful=yes gain noted state
  say "cplae ended with code $code"
  case "$code" in
    0 | 3) drop_follow_up; make_report; return ;;
    2) drop_follow_up; return ;;
  esac
  is_fruitful "$1" || fruitful=no
  state="$(job_field JobState)"
  if [ "$state" = PENDING ]; then
    say "SLURM has requeued it"
  elif was_cancelled "$state"; then
    say "cancelled: not started again"
    drop_follow_up
  elif [ "$fruitful" = no ]; then
    say "error: nothing was begun, or the last $most_fruitless sessions came no further: not started again" >&2
    drop_follow_up
  else
    start_again
  fi
}

# NAME DEVICE STUDY DATA RUN [OPTION...]: the whole job. Ends with the exit code of cplae.
cplae_job() {
  local script="$CPLAE_HOME/slurm/$1.sbatch" device="$2" given=("${@:3}") next="" fruitless="${CPLAE_FRUITLESS:-0}" program run words wants_report launch end code before
  # shellcheck source=slurm/site.sh
  source "${CPLAE_SITE:-$CPLAE_HOME/slurm/site.sh}" || refuse "no site file"
  set +eu  # modules are not written for it
  load_modules
  set -eu
  read_arguments "${given[@]}"
  read_time_limit
  read_launcher
  if must_follow; then follow_up || say "no follow-up could be submitted: if this job is preempted, it is over"; fi
  before="$(progress)"
  say "session ${SLURM_RESTART_COUNT:-0} on $SLURM_JOB_NODELIST: ${launch[*]} $program ${words[*]}"
  run_study
  end_session "$before"
  exit "$code"
}
