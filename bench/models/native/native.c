/* Scores the rows of a file by the C API of LightGBM or XGBoost in one thread, as often as it is told to:
   cc -O2 native.c -o native -ldl; ./native lightgbm|xgboost LIBRARY MODEL ROWS WIDTH
   Each line of standard input, single or batch, scores all rows once and prints the nanoseconds of CPU it took. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MUST(call) do { if ((call) != 0) { fprintf(stderr, "failed: %s\n", #call); exit(1); } } while (0)
#define LOAD(type, name) type name = (type)dlsym(lib, #name); if (!name) { fprintf(stderr, "no %s\n", #name); exit(1); }

typedef int (*create_t)(const char *, int *, void **);
typedef int (*fast_init_t)(void *, int, int, int, int, int32_t, const char *, void **);
typedef int (*fast_t)(void *, const void *, int64_t *, double *);
typedef int (*mat_t)(void *, const void *, int, int32_t, int32_t, int, int, int, int, const char *, int64_t *, double *);
typedef int (*xcreate_t)(const void **, uint64_t, void **);
typedef int (*xload_t)(void *, const char *);
typedef int (*xparam_t)(void *, const char *, const char *);
typedef int (*xproxy_t)(void **);
typedef int (*xdense_t)(void *, const char *, const char *, void *, const uint64_t **, uint64_t *, const float **);

static int64_t cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  int width = atoi(argv[5]), lightgbm = strcmp(argv[1], "lightgbm") == 0;
  void *lib = dlopen(argv[2], RTLD_NOW | RTLD_GLOBAL);
  if (!lib) { fprintf(stderr, "%s\n", dlerror()); return 1; }
  FILE *f = fopen(argv[4], "rb");
  if (!f) { perror(argv[4]); return 1; }
  fseek(f, 0, SEEK_END);
  int n = ftell(f) / 8 / width;
  rewind(f);
  double *rows = malloc(8l * n * width), *out = malloc(8l * n);
  if (fread(rows, 8, (size_t)n * width, f) != (size_t)n * width) return 1;
  float *rows32 = malloc(4l * n * width);
  for (long i = 0; i < (long)n * width; i++) rows32[i] = (float)rows[i];
  void *booster, *fast = NULL, *proxy = NULL;
  char line[64], array[256];
  const char *config = "{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false,\"missing\":NaN,\"cache_id\":0}";
  if (lightgbm) {
    LOAD(create_t, LGBM_BoosterCreateFromModelfile) LOAD(fast_init_t, LGBM_BoosterPredictForMatSingleRowFastInit)
    LOAD(fast_t, LGBM_BoosterPredictForMatSingleRowFast) LOAD(mat_t, LGBM_BoosterPredictForMat)
    int iterations;
    int64_t length;
    MUST(LGBM_BoosterCreateFromModelfile(argv[3], &iterations, &booster));
    MUST(LGBM_BoosterPredictForMatSingleRowFastInit(booster, 0, 0, -1, 1, width, "num_threads=1", &fast));
    while (fgets(line, sizeof line, stdin)) {
      int64_t began = cpu();
      if (line[0] == 's')
        for (int i = 0; i < n; i++) MUST(LGBM_BoosterPredictForMatSingleRowFast(fast, rows + (long)i * width, &length, out + i));
      else
        MUST(LGBM_BoosterPredictForMat(booster, rows, 1, n, width, 1, 0, 0, -1, "num_threads=1", &length, out));
      printf("%lld %.17g\n", (long long)(cpu() - began), out[n - 1]);
      fflush(stdout);
    }
    return 0;
  }
  LOAD(xcreate_t, XGBoosterCreate) LOAD(xload_t, XGBoosterLoadModel) LOAD(xparam_t, XGBoosterSetParam)
  LOAD(xproxy_t, XGProxyDMatrixCreate) LOAD(xdense_t, XGBoosterPredictFromDense)
  MUST(XGBoosterCreate(NULL, 0, &booster));
  MUST(XGBoosterLoadModel(booster, argv[3]));
  MUST(XGBoosterSetParam(booster, "nthread", "1"));
  MUST(XGProxyDMatrixCreate(&proxy));
  const uint64_t *shape;
  uint64_t dimension;
  const float *answers;
  while (fgets(line, sizeof line, stdin)) {
    int64_t began = cpu();
    int step = line[0] == 's' ? 1 : n;
    for (int i = 0; i < n; i += step) {
      snprintf(array, sizeof array, "{\"data\":[%lu,true],\"shape\":[%d,%d],\"typestr\":\"<f4\",\"version\":3}", (unsigned long)(rows32 + (long)i * width), step, width);
      MUST(XGBoosterPredictFromDense(booster, array, config, proxy, &shape, &dimension, &answers));
    }
    printf("%lld %.17g\n", (long long)(cpu() - began), (double)answers[step - 1]);
    fflush(stdout);
  }
  return 0;
}
