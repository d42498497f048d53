//go:build race

package app

const raceEnabled = true // everything takes ten times as long
