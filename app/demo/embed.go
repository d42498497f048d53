package demo

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"

	"hindsight/app/publish"
)

var (
	//go:embed data/car_loan.csv.gz
	carLoans []byte
	//go:embed loan.avsc
	loanSchema []byte
	//go:embed repayment.avsc
	repaymentSchema []byte
	//go:embed hindsight.yaml
	configuration []byte
)

// The topics of the demo and how they are laid out.
const (
	Events     = "events"
	Labels     = "labels"
	Partitions = 4
)

// Configuration returns the configuration of the demo as a user would write
// it. The address of the broker and of the registry, the state directory and
// the bundles are replaced by those of the process.
func Configuration() []byte { return bytes.Clone(configuration) }

// LoanSchema returns the Avro schema of the events.
func LoanSchema() []byte { return bytes.Clone(loanSchema) }

// RepaymentSchema returns the Avro schema of the labels.
func RepaymentSchema() []byte { return bytes.Clone(repaymentSchema) }

// OpenLoans reads the car-loan set by a schema whose fields are named, or have
// aliases, as its columns.
func OpenLoans(schema *publish.Schema) (*publish.CSV, error) {
	plain, err := openCSV()
	if err != nil {
		return nil, err
	}
	return publish.NewCSV(plain, "car_loan.csv.gz", schema, nil)
}

func openCSV() (io.Reader, error) {
	plain, err := gzip.NewReader(bytes.NewReader(carLoans))
	if err != nil {
		return nil, fmt.Errorf("car_loan.csv.gz: %w", err)
	}
	return plain, nil
}
