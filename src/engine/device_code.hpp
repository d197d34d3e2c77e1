#pragma once
// Marks of functions that kernels on a device call, too.

#ifdef __CUDACC__
#define CPLAE_DEVICE __device__ __forceinline__
#define CPLAE_UNROLL _Pragma("unroll")
#else
#define CPLAE_DEVICE inline
#define CPLAE_UNROLL
#endif
