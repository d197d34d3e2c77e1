#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "attribute_sums.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/dist/share.hpp"
#include "cplae/store/results.hpp"
#include "cplae/study/feature_counts.hpp"
#include "dist/handle.hpp"
#include "h5_extra.hpp"
#include "raw_dataset.hpp"
#include "results_layout.hpp"
#include "results_rows.hpp"
#include "row_sums.hpp"

namespace cplae::store {

namespace {

/// MPI-IO does not say why it failed, and the system's last word may be about something else by then: a disk
/// that is full says so itself.
std::string with_disk(const std::string& problem, const std::filesystem::path& file) {
  constexpr std::uintmax_t nothing = 64 * 1024;
  const std::string full = std::generic_category().message(ENOSPC);
  std::error_code error;
  const auto space = std::filesystem::space(file.parent_path(), error);
  const bool is_full = !error && space.available < nothing;
  return is_full && problem.find(full) == std::string::npos ? problem + ": " + full : problem;
}

/// The work of one rank on one file.
class ResultsWriter {
public:
  ResultsWriter(const dist::Communicator& communicator, const ResultsInput& input)
      : communicator_(communicator), input_(input), seconds_(input.plan.variants.size()) {
    part_ = input.units.folder().results();
    part_ += ".part";
  }

  void run() {
    try {
      write();
    } catch (const IoError& error) {
      throw IoError(with_disk(error.what(), part_));
    }
  }

private:
  void write() {
    dist::agree(communicator_, [&] {
      if (communicator_.is_root()) lay_out(part_, input_);
    });
    write_rows();
    dist::agree(communicator_, [&] { prove_rows(); });
    const auto all_seconds = communicator_.gather(packed_seconds());
    const auto all_digests = communicator_.gather(digests_);
    dist::agree(communicator_, [&] {
      if (!communicator_.is_root()) return;
      const h5::Handle access = compatible_access();
      h5::Handle file = h5::open_file_for_change(part_, access.id());
      write_seconds(file, all_seconds);
      write_checksums(file, all_digests);
      h5::write_text_attribute(file, attribute_checksum, checksum_of_attributes(file));
      file.close();
      commit_file(part_, input_.units.folder().results());
    });
  }

  void write_rows() {
    // Each rank opens the file for itself: the structure is there, so HDF5 has nothing to agree on, and where
    // one rank cannot open, write or close, Open MPI's collective calls leave the others waiting for it.
    h5::Handle file;
    dist::agree(communicator_, [&] { file = h5::open_file_for_change(part_, own_parallel_access().id()); });
    for (std::size_t v = 0; v < input_.plan.variants.size(); ++v)
      write_variant(file, v);
    dist::agree(communicator_, [&] {
      // Reaches the disk of every rank's node before rank 0 gives the file its name.
      errno = 0;
      h5::check(H5Fflush(file.id(), H5F_SCOPE_GLOBAL), part_.string() + ": cannot be flushed");
    });
    dist::agree(communicator_, [&] { file.close(); });
  }

  /// A short write on another rank's behalf is nobody's error to MPI-IO: each rank reads its rows back.
  void prove_rows() const {
    const h5::Handle file = h5::open_file(part_);
    std::size_t used = 0;
    for (const study::Variant& variant : input_.plan.variants) {
      const dist::Block block = block_of(variant.replicates);
      for (const auto& name : datasets_of_a_variant()) {
        const RawDataset dataset(file, variant_path(variant.id) + "/" + name);
        const std::string found = row_digests(dataset.read(block.begin, block.end), block.end - block.begin);
        if (digests_.compare(used, found.size(), found) != 0)
          throw IoError(h5::where(dataset.handle()) + ": rows " + std::to_string(block.begin) + " to " +
                        std::to_string(block.end) + " do not read back as they were written");
        used += found.size();
      }
    }
  }

  [[nodiscard]] dist::Block block_of(std::size_t rows) const {
    return dist::contiguous_block(rows, communicator_.size(), Rank(communicator_.rank()));
  }

  void write_variant(const h5::Handle& file, std::size_t v) {
    const study::Variant& variant = input_.plan.variants[v];
    const dist::Block block = block_of(variant.replicates);
    VariantRows rows;
    dist::agree(
        communicator_, [&] { rows = read_rows(v, block); }, "writing " + part_.string());
    seconds_[v] = rows.seconds;
    const auto write = [&](const std::string& name, hid_t type, const auto& values) {
      const std::string path = variant_path(variant.id) + "/" + name;
      dist::agree(communicator_, [&] {
        write_dataset_rows(file, path,
                           {.type = type, .begin = block.begin, .end = block.end, .values = values.data()});
      });
      // Of what was meant to be written: what a faulty file system makes of it will not have this checksum.
      digests_ += row_digests(std::as_bytes(std::span(values)), block.end - block.begin);
    };
    const h5::Handle table = replicate_type();
    write("replicate", table.id(), rows.replicates);
    for (std::size_t m = 0; m < rows.latents.size(); ++m)
      write("latents/" + input_.data.modalities[m].name, H5T_IEEE_F32LE, rows.latents[m]);
    write("split", H5T_STD_U8LE, rows.split);
    write("losses", H5T_IEEE_F32LE, rows.losses);
    write("weights/parameters", H5T_IEEE_F32LE, rows.parameters);
    write("weights/moving", H5T_IEEE_F32LE, rows.moving);
  }

  /// In the order of write_variant.
  [[nodiscard]] std::vector<std::string> datasets_of_a_variant() const {
    std::vector<std::string> names{"replicate"};
    for (const auto& modality : input_.data.modalities)
      names.push_back("latents/" + modality.name);
    names.insert(names.end(), {"split", "losses", "weights/parameters", "weights/moving"});
    return names;
  }

  [[nodiscard]] VariantRows read_rows(std::size_t v, dist::Block block) const {
    const study::Variant& variant = input_.plan.variants[v];
    const VariantShape shape =
        variant_shape(variant, input_.cells.size(), study::feature_counts(input_.data));
    const bool is_fold = input_.study.experiments.at(variant.experiment).kind == study::ExperimentKind::kfold;
    VariantRows rows;
    rows.latents.resize(input_.data.modalities.size());
    for (const study::Network& network : input_.plan.networks) {
      const auto replicate = static_cast<std::size_t>(network.replicate);
      if (network.variant.index() != v || replicate < block.begin || replicate >= block.end) continue;
      ReplicateRow identity{};
      identity.fold = is_fold ? static_cast<std::int32_t>(replicate) : -1;
      identity.init = is_fold ? -1 : static_cast<std::int32_t>(replicate);
      identity.seed = static_cast<std::uint64_t>(network.key);
      append(rows, unit_of(network), shape, identity);
    }
    if (rows.replicates.size() != block.end - block.begin)
      throw Error("plan: variant '" + variant.id + "' has not one network a replicate");
    return rows;
  }

  [[nodiscard]] NetworkUnit unit_of(const study::Network& network) const {
    NetworkUnit unit =
        to_network_unit(input_.units.read_awaited(UnitKind::network, network.id, input_.patience));
    if (unit.key != network.key)
      throw DataError("unit of network '" + network.id +
                      "': made with other random numbers than the study's seed gives");
    return unit;
  }

  /// Seconds of this rank's replicates, variant by variant, as bytes.
  [[nodiscard]] std::string packed_seconds() const {
    std::string bytes;
    for (const auto& seconds : seconds_)
      bytes.append(reinterpret_cast<const char*>(seconds.data()), seconds.size() * sizeof(double));
    return bytes;
  }

  /// One variant's rows of every rank, in order; `used` is how much of each rank's part has been taken.
  static std::string take_rows(const std::vector<std::string>& packed, std::vector<std::size_t>& used,
                               std::size_t rows, std::size_t row_bytes) {
    std::string taken;
    const auto ranks = static_cast<int>(packed.size());
    for (std::size_t rank = 0; rank < packed.size(); ++rank) {
      const dist::Block block = dist::contiguous_block(rows, ranks, Rank(static_cast<std::int64_t>(rank)));
      const std::size_t bytes = (block.end - block.begin) * row_bytes;
      taken += packed[rank].substr(used[rank], bytes);
      used[rank] += bytes;
    }
    return taken;
  }

  /// Rank 0: an attribute, not a column, since seconds differ from run to run and datasets must not.
  void write_seconds(const h5::Handle& file, const std::vector<std::string>& packed) const {
    std::vector<std::size_t> used(packed.size(), 0);
    for (const study::Variant& variant : input_.plan.variants) {
      const std::string bytes = take_rows(packed, used, variant.replicates, sizeof(double));
      std::vector<double> seconds(variant.replicates);
      if (!bytes.empty()) std::memcpy(seconds.data(), bytes.data(), bytes.size());
      const h5::Dataset table = h5::open_dataset(file, variant_path(variant.id) + "/replicate");
      write_reals_attribute(table.handle, "seconds", seconds);
    }
  }

  /// Rank 0: a dataset's checksum is made of the digests of its rows, which the ranks have made of theirs.
  void write_checksums(const h5::Handle& file, const std::vector<std::string>& packed) const {
    const std::size_t digest = row_digests({}, 1).size();
    std::vector<std::size_t> used(packed.size(), 0);
    for (const study::Variant& variant : input_.plan.variants) {
      for (const auto& name : datasets_of_a_variant()) {
        const h5::Dataset dataset = h5::open_dataset(file, variant_path(variant.id) + "/" + name);
        write_checksum(dataset.handle, take_rows(packed, used, variant.replicates, digest));
      }
    }
  }

  const dist::Communicator& communicator_;
  const ResultsInput& input_;
  std::filesystem::path part_;
  std::vector<std::vector<double>> seconds_;  ///< [variant][replicate of this rank]
  std::string digests_;                       ///< of this rank's rows: by variant, dataset, row
};

}  // namespace

void write_results(const dist::Communicator& communicator, const ResultsInput& input) {
  ResultsWriter(communicator, input).run();
}

}  // namespace cplae::store
