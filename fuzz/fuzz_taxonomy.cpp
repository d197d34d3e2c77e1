// A taxonomy table, and the merging of all its leaves.
#include <string>
#include <vector>

#include "cplae/data/read.hpp"
#include "target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const cplae::fuzz::MemoryFile file({data, size});
  cplae::fuzz::expect_result_or_refusal([&] {
    const auto taxonomy = cplae::data::read_taxonomy_csv(file.path());
    std::vector<std::string> leaves;
    for (const auto& node : taxonomy.nodes())
      if (node.is_leaf) leaves.push_back(node.label);
    const auto classes = taxonomy.merge(leaves, 2);
    cplae::fuzz::require(classes.size() == leaves.size(), "a leaf without a class");
  });
  return 0;
}
