import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figuresOf } from './provider-figures.ts'

const TEXT = `# HELP reelay_polls_total Looks.
# TYPE reelay_polls_total counter
reelay_polls_total{provider="cometapi",outcome="running"} 40
reelay_polls_total{provider="cometapi",outcome="done"} 2
reelay_polls_total{outcome="done",provider="local"} 7
reelay_detection_delay_seconds_bucket{le="1",provider="cometapi",measured="exact"} 1
reelay_detection_delay_seconds_sum{provider="cometapi",measured="exact"} 3
reelay_detection_delay_seconds_count{provider="cometapi",measured="exact"} 1
reelay_detection_delay_seconds_sum{provider="cometapi",measured="bound"} 5
reelay_detection_delay_seconds_count{provider="cometapi",measured="bound"} 1
reelay_detection_delay_seconds_sum{provider="kling",measured="exact"} 1.5
reelay_detection_delay_seconds_count{provider="kling",measured="exact"} 3
process_cpu_user_seconds_total 1.25
`

test('looks are added up by provider, and delays are averaged', () => {
  const figures = figuresOf(TEXT)
  assert.deepEqual(figures.get('cometapi'), { polls: 42, detectionSeconds: 4, isBound: true })
  assert.deepEqual(figures.get('kling'), { polls: 0, detectionSeconds: 0.5, isBound: false })
})

test('before a job has ended there is no delay', () => {
  assert.deepEqual(figuresOf(TEXT).get('local'), { polls: 7, detectionSeconds: null, isBound: false })
  assert.equal(figuresOf('').size, 0)
})
