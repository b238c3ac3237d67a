/* The C API: a model that names files by their bytes.
 *
 *   bf_error error;
 *   bf_classifier* classifier;
 *   bf_result* result;
 *   if (bf_classifier_open("models/fashion-mnist-tiff", NULL, &classifier, &error) != BF_OK ||
 *       bf_classify(classifier, bytes, size, &result, &error) != BF_OK) {
 *     fprintf(stderr, "%s\n", error.message);
 *     exit(1);
 *   }
 *   printf("%s %f\n", bf_result_is_unknown(result) ? "unknown" : bf_result_label(result),
 *          bf_result_probability(result));
 *   bf_result_free(result);
 *   bf_classifier_close(classifier);
 *
 * Errors. What can fail returns a bf_status and fills the bf_error that the caller passes; NULL
 * where the caller does not care. A failed call leaves NULL in its result. No exception leaves this
 * library; running out of memory is BF_NO_MEMORY. What only reads a handle cannot fail, and needs
 * one that is not NULL.
 *
 * Threads. Any number of threads may use one classifier, and read one result, at the same time. A
 * stream belongs to one thread at a time. Only the last use of a handle may close or free it. A
 * classifier starts its threads (see bf_options) when it is opened; they sleep while there is
 * nothing to do, take no signals of the process, and end when the classifier and its streams are
 * gone.
 *
 * fork. A child may go on with the classifiers and results of its parent, and with the streams that
 * no other thread was using: answers are the same, but a child has none of its parent's threads, so
 * its calling thread works alone. Open a classifier in the child to have threads there.
 *
 * The library has no state besides its handles: it prints nothing, sets no signal handler, changes
 * neither locale nor environment, and can be unloaded (dlclose) when all handles are gone. It reads
 * the environment variable BYTEFORMER_KERNELS when a classifier is opened (see bf_kernels_name).
 *
 * The C++ API is byteformer/classifier.h. docs/embedding.md: how to link, and what stays
 * compatible.
 */
#ifndef BYTEFORMER_BYTEFORMER_H_
#define BYTEFORMER_BYTEFORMER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "byteformer/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bf_classifier bf_classifier; /* a model, ready to use */
typedef struct bf_result bf_result;         /* what one file was found to be */
typedef struct bf_stream bf_stream;         /* one file that arrives in pieces */

/* ---- Errors ---- */

typedef enum bf_status {
  BF_OK = 0,
  BF_USAGE = 1,     /* the caller asked for what cannot be: a NULL, an unknown option */
  BF_CONFIG = 2,    /* the model's config.json has a value that is not allowed */
  BF_FORMAT = 3,    /* a file of the model does not follow its format */
  BF_MODEL = 4,     /* the model's parts do not fit together, or its numbers are damaged */
  BF_IO = 5,        /* the operating system refused to open or to read a file */
  BF_NO_MEMORY = 6, /* the file or the model may be fine: try again, or with less at once */
  BF_INTERNAL = 7,  /* none of these; please report it */

  /* One input could not be classified; others can. The first two are what this library finds; the
   * rest are what the C++ API and the records of `byteformer predict` have besides. */
  BF_INPUT_EMPTY = 100,      /* no byte to classify */
  BF_INPUT_TOO_LONG = 101,   /* more tokens than the model has positions: see bf_max_bytes */
  BF_INPUT_UNREADABLE = 102, /* no permission, or a read failed */
  BF_INPUT_VANISHED = 103,   /* was there when it was listed and is gone */
  BF_INPUT_SPECIAL = 104,    /* a device, a socket, or a FIFO met in a folder */
  BF_INPUT_LOOP = 105,       /* symbolic links that never end */
  BF_INPUT_TOO_LARGE = 106,  /* more bytes than the caller allows */
  BF_INPUT_DAMAGED = 107     /* a container or an encoding that cannot be read */
} bf_status;

/* The status in a word: "ok", "usage", "config", "format", "model", "io", "no_memory", "internal",
 * and for inputs the kinds that records have: "empty", "too_long", ... "unknown" for other numbers.
 */
BYTEFORMER_API const char* bf_status_name(bf_status status);

/* Belongs to the caller; nothing in it is to be freed. A call that succeeds sets BF_OK and "". */
typedef struct bf_error {
  bf_status status;
  char message[1024]; /* UTF-8: what was found, what is allowed, what to do. Where it would not fit,
                       * "[...]" stands for its middle. */
} bf_error;

/* ---- A model ---- */

/* What to do with a file that has more tokens than the model has positions. */
enum bf_long_files {
  BF_LONG_FILES_REFUSE = 0, /* BF_INPUT_TOO_LONG, with both numbers in the message */
  BF_LONG_FILES_CUT = 1     /* the bytes that fill the model's positions are used */
};

/* What products multiply; everything else is float32 in all of them. */
enum bf_precision {
  BF_PRECISION_AUTO = 0, /* float32, unless the model records that a faster one named its test files
                          * alike */
  BF_PRECISION_F32 = 1,
  BF_PRECISION_BF16 = 2,
  BF_PRECISION_INT8 = 3 /* weights a channel, activations a row; attention in BF16 */
};

/* Zero in a field means its default, so that only what differs need be written:
 *   bf_options options = {.size = sizeof(bf_options), .threads = 1};
 * Later versions add fields at the end, and go by `size` to know which ones a caller has. */
typedef struct bf_options {
  size_t size;      /* sizeof(bf_options) */
  unsigned top;     /* how many of the most probable classes a result lists: 5; more than there are
                     * means all */
  unsigned threads; /* that one call may use, its own among them: as many as the process may run on.
                     * Where many threads share a classifier, 1 is best */
  int long_files;   /* an enum bf_long_files: refuse */
  int precision;    /* an enum bf_precision: auto */
} bf_options;

/* Reads a model directory. `options` may be NULL: all defaults. A precision that the machine's
 * kernels do not offer is BF_USAGE. */
BYTEFORMER_API bf_status bf_classifier_open(const char* model_directory, const bf_options* options,
                                            bf_classifier** classifier, bf_error* error);

/* NULL is allowed, here and for the other functions that free. Streams over the classifier go on;
 * what they share with it lives until they are freed. */
BYTEFORMER_API void bf_classifier_close(bf_classifier* classifier);

/* The names of the classes, in the order of the logits; NULL for an index that is none. */
BYTEFORMER_API size_t bf_class_count(const bf_classifier* classifier);
BYTEFORMER_API const char* bf_class_name(const bf_classifier* classifier, size_t index);

/* The most bytes that a file may have before it has more tokens than the model has positions;
 * SIZE_MAX where there is no limit. */
BYTEFORMER_API size_t bf_max_bytes(const bf_classifier* classifier);

/* The set of compute kernels in use, such as "avx2", and their precision, such as "f32". The best
 * set that the machine can run is taken, or the one that BYTEFORMER_KERNELS names. */
BYTEFORMER_API const char* bf_kernels_name(const bf_classifier* classifier);
BYTEFORMER_API const char* bf_precision_name(const bf_classifier* classifier);

/* What a user should be told: kernels that were left out since they gave wrong golden logits, and
 * why. NULL for an index that is none, mostly from 0 on. */
BYTEFORMER_API const char* bf_notice(const bf_classifier* classifier, size_t index);

/* ---- A file in memory ---- */

/* Names one file. NUL bytes are data like any other; `bytes` may be NULL if `size` is 0. The result
 * depends on the bytes and the model alone, to the bit (on one set of kernels, in one precision):
 * not on threads, order, or the company of other files. */
BYTEFORMER_API bf_status bf_classify(const bf_classifier* classifier, const void* bytes,
                                     size_t size, bf_result** result, bf_error* error);

/* ---- A file in pieces ---- */

/* The model works while bytes arrive, in memory that does not grow with the file. The answer has
 * the same bits as bf_classify of the whole file, however it was cut. */
BYTEFORMER_API bf_status bf_stream_open(const bf_classifier* classifier, bf_stream** stream,
                                        bf_error* error);

/* The next bytes, any number of them. `*is_full` (which may be NULL) becomes true when the model
 * has all that it takes (BF_LONG_FILES_CUT), so that reading may stop; more does no harm. */
BYTEFORMER_API bf_status bf_stream_push(bf_stream* stream, const void* bytes, size_t size,
                                        bool* is_full, bf_error* error);

/* The answer. It ends the stream, as an error does: further calls are BF_USAGE, and the stream is
 * still to be freed. */
BYTEFORMER_API bf_status bf_stream_finish(bf_stream* stream, bf_result** result, bf_error* error);

/* At any time, also before the end of the file. */
BYTEFORMER_API void bf_stream_free(bf_stream* stream);

/* ---- A result ---- */

/* A result is on its own: it may outlive its classifier. Texts and arrays live as long as it. */

/* The name of the most probable class; NULL if unknown: its probability is below the model's
 * threshold. */
BYTEFORMER_API const char* bf_result_label(const bf_result* result);
BYTEFORMER_API bool bf_result_is_unknown(const bf_result* result);
BYTEFORMER_API double bf_result_probability(const bf_result* result); /* of that class */

/* The most probable classes, best first, unknown or not; ties by class index. For a rank that is
 * none: NULL, SIZE_MAX, 0. */
BYTEFORMER_API size_t bf_result_top_count(const bf_result* result);
BYTEFORMER_API const char* bf_result_top_label(const bf_result* result, size_t rank);
BYTEFORMER_API size_t bf_result_top_class(const bf_result* result, size_t rank);
BYTEFORMER_API double bf_result_top_probability(const bf_result* result, size_t rank);

/* One for each class, in their order: bf_class_count(classifier) of them. */
BYTEFORMER_API const float* bf_result_logits(const bf_result* result);

BYTEFORMER_API size_t bf_result_bytes(const bf_result* result);  /* of the file as it was given */
BYTEFORMER_API size_t bf_result_tokens(const bf_result* result); /* that the model computed */

BYTEFORMER_API void bf_result_free(bf_result* result);

/* ---- The library ---- */

/* The version of the library that is loaded, such as "0.1.0". */
BYTEFORMER_API const char* bf_version(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* BYTEFORMER_BYTEFORMER_H_ */
