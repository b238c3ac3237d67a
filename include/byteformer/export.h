// BYTEFORMER_API marks what libbyteformer.so offers; everything else in it is hidden.
#ifndef BYTEFORMER_EXPORT_H_
#define BYTEFORMER_EXPORT_H_

#define BYTEFORMER_API __attribute__((visibility("default")))

#endif
