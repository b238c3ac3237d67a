/* Names one file in C: its bytes are in memory, wherever they came from.
 *
 *   classify_buffer MODEL FILE
 */
#include <stdio.h>
#include <stdlib.h>

#include "byteformer/byteformer.h"

/* The bytes of a file, to be freed; NULL where it cannot be read. */
static unsigned char* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) return NULL;
  unsigned char* bytes = NULL;
  size_t room = 0;
  *size = 0;
  do {
    if (*size == room) {
      room = room == 0 ? 65536 : 2 * room;
      unsigned char* larger = realloc(bytes, room);
      if (larger == NULL) break;
      bytes = larger;
    }
    *size += fread(bytes + *size, 1, room - *size, file);
  } while (!feof(file) && !ferror(file));
  if (!feof(file)) {
    free(bytes);
    bytes = NULL;
  }
  fclose(file);
  return bytes;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s MODEL FILE\n", argv[0]);
    return 2;
  }

  bf_error error;
  bf_classifier* classifier;
  if (bf_classifier_open(argv[1], NULL, &classifier, &error) != BF_OK) {
    fprintf(stderr, "%s\n", error.message);
    return 2;
  }

  size_t size;
  unsigned char* bytes = read_file(argv[2], &size);
  if (bytes == NULL) {
    perror(argv[2]);
    bf_classifier_close(classifier);
    return 1;
  }

  bf_result* result;
  const bf_status status = bf_classify(classifier, bytes, size, &result, &error);
  if (status == BF_OK) {
    const char* label = bf_result_label(result);
    printf("%s: %s\n", argv[2], label == NULL ? "unknown" : label);
    for (size_t i = 0; i < bf_result_top_count(result); ++i)
      printf("  %.4f %s\n", bf_result_top_probability(result, i), bf_result_top_label(result, i));
  } else {
    fprintf(stderr, "%s: %s: %s\n", argv[2], bf_status_name(status), error.message);
  }
  bf_result_free(result);
  free(bytes);
  bf_classifier_close(classifier);
  return status == BF_OK ? 0 : 1;
}
