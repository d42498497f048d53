/* Writes what this machine's C library answers, for TestBitsOfGlibc:
   gcc -O0 glibc.c -o glibc -lm && ./glibc | gzip -9n > glibc.bin.gz */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t state = 88172645463325252u;
static uint64_t next(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}
static void answer(double x) {
  double d[3] = {x, exp(x), log1p(fabs(x))};
  float f[2] = {expf((float)x), logf((float)x)};
  fwrite(d, 8, 3, stdout);
  fwrite(f, 4, 2, stdout);
}
int main(void) {
  static const double edges[] = {0, -0.0, 1, -1, 0x1p-54, 0x1p-29, 5e-324, 1e-40, 0x1p-126, 512, -512, 88.722839, 88.7228394, -103.972084,
    709.782712893384, 709.7827128933841, -708.4, -745.1332191019411, -745.1332191019412, -746, 1024, -1024, 1e300, -1e300, INFINITY, -INFINITY, NAN, 0.41421356237309503,
    0.4142135623730951, 0x1p53, 0x1.fffffffffffffp52, 1.5, 3, 7, 0x1p-20, 1.0000001};
  for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) answer(edges[i]);
  for (int i = 0; i < 8000; i++) {
    double unit = (next() >> 11) * 0x1p-53 - 0.5, any;
    uint64_t bits = next();
    memcpy(&any, &bits, 8);
    switch (i % 5) {
    case 0: answer(unit * 1500); break;
    case 1: answer(unit * 20); break;
    case 2: answer(unit * 2); break;
    case 3: answer(unit * 200); break;
    default: answer(any);
    }
  }
}
