import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, loadConfig, type Environment } from './config.ts'

const DAY_MS = 86_400_000

const retentionOf = (environment: Environment) => loadConfig(environment).retention

function faultsOf(environment: Environment): string {
  try {
    loadConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
  }
  throw new Error('nothing is wrong with it')
}

test('videos and records are kept, logs for 30 days, unless something else is set', () => {
  assert.deepEqual(retentionOf({}), { filesMs: null, recordsMs: null, logsMs: 30 * DAY_MS })
  const set = {
    REELAY_RETENTION: '7d',
    REELAY_RETENTION_RECORDS: '7d',
    REELAY_RETENTION_LOGS: 'keep',
  }
  assert.deepEqual(retentionOf(set), { filesMs: 7 * DAY_MS, recordsMs: 7 * DAY_MS, logsMs: null })
  assert.equal(retentionOf({ REELAY_RETENTION: '1h' }).filesMs, 3_600_000)
})

test('what is no time, or one in which nobody could fetch a video, is refused', () => {
  for (const value of ['7', '59m', '0d', '3651d', 'never', '-7d', '99999999999999d']) {
    assert.match(faultsOf({ REELAY_RETENTION: value }), /keep, or a time from 1h[^]*REELAY_RETENTION/, value)
  }
  for (const name of ['REELAY_RETENTION_RECORDS', 'REELAY_RETENTION_LOGS']) {
    assert.match(faultsOf({ [name]: '23h' }), new RegExp(`from 1d to 3650d[^]*${name}`))
  }
})

test('a record that would go before its video is refused', () => {
  const both = { REELAY_RETENTION: '30d', REELAY_RETENTION_RECORDS: '7d' }
  assert.match(faultsOf(both), /RECORDS \(7d\) must not be shorter than REELAY_RETENTION \(30d\)/)
  assert.equal(retentionOf({ REELAY_RETENTION_RECORDS: '7d' }).filesMs, null)
})
