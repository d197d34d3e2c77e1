#include "device_request.hpp"

#include <map>

#include "cplae/core/error.hpp"

namespace cplae::apps {

model::DeviceRequest device_request(const std::string& name) {
  static const std::map<std::string, model::DeviceRequest> requests{{"auto", model::DeviceRequest::automatic},
                                                                    {"cpu", model::DeviceRequest::cpu},
                                                                    {"cuda", model::DeviceRequest::cuda}};
  const auto found = requests.find(name);
  if (found == requests.end()) throw UsageError("--device: found '" + name + "', expected auto, cpu or cuda");
  return found->second;
}

}  // namespace cplae::apps
