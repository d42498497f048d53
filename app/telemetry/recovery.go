package telemetry

// SetRecovery sets how far the recovery of a partition has come.
func (m *Metrics) SetRecovery(stage string, partition int32, done, total int64) {
	m.recovery.WithLabelValues(clean(stage), number(partition), "done").Set(float64(done))
	m.recovery.WithLabelValues(clean(stage), number(partition), "total").Set(float64(total))
}

// ForgetRecovery takes the figures of a recovery back, which has ended.
func (m *Metrics) ForgetRecovery(stage string, partition int32) {
	for _, count := range []string{"done", "total"} {
		m.recovery.DeleteLabelValues(clean(stage), number(partition), count)
	}
}

// CountRebuild adds a partition that is rebuilt for a reason: a class, never a message.
func (m *Metrics) CountRebuild(reason string) { m.rebuilds.WithLabelValues(clean(reason)).Inc() }
