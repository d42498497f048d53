// Package demo owns the world of `hindsight demo`: a broker and a schema
// registry inside the process, the public car-loan set with the schemas and
// the configuration to score and watch it, and the schedule by which the truth
// about each loan becomes known. The same seed makes the same world.
//
// It must not know how scoring, joining and watching work: it publishes what
// anybody could, through the code of `hindsight publish`.
package demo
