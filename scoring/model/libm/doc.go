// Package libm computes exp, log and log1p with the bits of the GNU C library,
// which LightGBM and XGBoost call: Go's own differ in the last place on one
// probability in sixteen. Fused steps are written math.FMA, all other products
// are rounded on their own, so the bits are the same on every platform.
//
// The bits are those of glibc 2.28 and later on processors with FMA. On others
// glibc itself answers differently, in the last place.
package libm
