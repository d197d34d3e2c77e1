#include "h5/object_info.hpp"

namespace cplae::h5 {

ObjectInfo info_of_object(const Handle& parent, const std::string& path, const Handle& list) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info2_t basic;
  H5O_native_info_t native;
  check(H5Oget_info_by_name3(parent.id(), path.c_str(), &basic, H5O_INFO_BASIC, list.id()),
        where(parent, path));
  check(H5Oget_native_info_by_name(parent.id(), path.c_str(), &native, H5O_NATIVE_INFO_HDR, list.id()),
        where(parent, path));
  haddr_t address = HADDR_UNDEF;
  check(H5VLnative_token_to_addr(parent.id(), basic.token, &address), where(parent, path));
  return {basic.type, address, native.hdr.mesg.present};
#else
  H5O_info_t info;
  check(H5Oget_info_by_name2(parent.id(), path.c_str(), &info, H5O_INFO_BASIC | H5O_INFO_HDR, list.id()),
        where(parent, path));
  return {info.type, info.addr, info.hdr.mesg.present};
#endif
}

}  // namespace cplae::h5
