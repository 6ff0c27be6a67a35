import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, loadConfig } from '../config.ts'

const faultsOf = (environment: Record<string, string>): string => {
  try {
    loadConfig(environment)
    return ''
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.message
  }
}

const isOn = (environment: Record<string, string>): boolean =>
  loadConfig(environment).accounts.some(({ account }) => account === 'vertex')

test('a project turns it on, and a key file does not', () => {
  assert.equal(isOn({ VERTEX_PROJECT: 'my-project-123' }), true)
  assert.equal(
    isOn({ GOOGLE_APPLICATION_CREDENTIALS: '/etc/key.json', VERTEX_LOCATION: 'us-central1' }),
    false,
  )
})

const GOOD: readonly Record<string, string>[] = [
  { VERTEX_PROJECT: '123456789012' },
  { VERTEX_PROJECT: 'example.com:my-project' },
  { VERTEX_LOCATION: 'global' },
  { VERTEX_LOCATION: 'northamerica-northeast1' },
  { VERTEX_LOCATION: 'eu' },
  { VERTEX_STORAGE_URI: 'gs://my-bucket' },
  { VERTEX_STORAGE_URI: 'gs://my.bucket_1/videos/veo/' },
]

for (const given of GOOD) {
  test(`${JSON.stringify(given)} is fine`, () => {
    assert.equal(faultsOf({ VERTEX_PROJECT: 'my-project-123', ...given }), '')
  })
}

const WRONG: readonly [given: Record<string, string>, words: RegExp][] = [
  [{ VERTEX_PROJECT: '../other' }, /VERTEX_PROJECT must be the id of a project/],
  [{ VERTEX_PROJECT: 'My Project' }, /VERTEX_PROJECT must be the id of a project/],
  [{ VERTEX_LOCATION: 'evil.example/' }, /VERTEX_LOCATION must be a location/],
  [{ VERTEX_LOCATION: 'us-central1.evil.example' }, /VERTEX_LOCATION must be a location/],
  [{ VERTEX_LOCATION: 'Iowa' }, /VERTEX_LOCATION must be a location/],
  [{ VERTEX_STORAGE_URI: 's3://bucket/videos' }, /VERTEX_STORAGE_URI must be a bucket/],
  [{ VERTEX_STORAGE_URI: 'gs://' }, /VERTEX_STORAGE_URI must be a bucket/],
  [{ VERTEX_BASE_URL: 'aiplatform.googleapis.com' }, /VERTEX_BASE_URL must be an absolute http or https URL/],
  [{ VERTEX_STORAGE_BASE_URL: 'gs://bucket' }, /VERTEX_STORAGE_BASE_URL must be an absolute/],
]

for (const [given, words] of WRONG) {
  test(`${JSON.stringify(given)} is told`, () => {
    assert.match(faultsOf({ VERTEX_PROJECT: 'my-project-123', ...given }), words)
  })
}

for (const name of [
  'VERTEX_ACCESS_TOKEN',
  'VERTEX_STORAGE_URI',
  'VERTEX_BASE_URL',
  'VERTEX_STORAGE_BASE_URL',
]) {
  test(`${name} without a project is told`, () => {
    const value = name === 'VERTEX_STORAGE_URI' ? 'gs://bucket' : 'https://proxy.example'
    assert.match(faultsOf({ [name]: value }), new RegExp(`VERTEX_PROJECT must be set with ${name}`))
  })
}
