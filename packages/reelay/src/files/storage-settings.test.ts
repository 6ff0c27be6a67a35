import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storageFaults, storageSettings } from './storage-settings.ts'

const of = (url: string, more: Readonly<Record<string, string>> = {}) => {
  const given = { REELAY_STORAGE_URL: url, ...more }
  assert.deepEqual(storageFaults(given), [], url)
  return storageSettings(given, '/d')
}

const locationOf = (url: string, more: Readonly<Record<string, string>> = {}) => {
  const settings = of(url, more)
  assert.ok(settings.kind === 's3')
  return settings.location
}

test('without a setting, and with a bare scheme, files are in the data directory', () => {
  assert.deepEqual(storageSettings({}, '/d'), { kind: 'disk', directory: '/d/files' })
  assert.deepEqual(of('file:'), { kind: 'disk', directory: '/d/files' })
  for (const url of ['file:/x/y', 'file:///x/y'])
    assert.deepEqual(of(url), { kind: 'disk', directory: '/x/y' })
})

test('a bucket on AWS needs its name only; the rest has the usual values', () => {
  assert.deepEqual(of('s3://bucket'), {
    kind: 's3',
    location: {
      bucket: 'bucket',
      prefix: '',
      endpoint: null,
      region: 'us-east-1',
      usesPathStyle: false,
      publicEndpoint: null,
    },
    credentials: null,
    isRedirecting: false,
  })
  assert.equal(locationOf('s3://bucket', { AWS_REGION: 'eu-west-1' }).region, 'eu-west-1')
  assert.equal(locationOf('s3://bucket?region=eu-north-1', { AWS_REGION: 'eu-west-1' }).region, 'eu-north-1')
})

test('a server of one’s own is named by its endpoint, and has the bucket in the path unless said otherwise', () => {
  const url = 's3://bucket/a/b.c/?endpoint=http://minio:9000/&public_endpoint=https://videos.example'
  assert.partialDeepStrictEqual(locationOf(url), {
    prefix: 'a/b.c',
    endpoint: 'http://minio:9000',
    usesPathStyle: true,
    publicEndpoint: 'https://videos.example',
  })
  assert.equal(locationOf(`${url}&path_style=false`).usesPathStyle, false)
})

test('keys come from the settings, both or none', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
  assert.partialDeepStrictEqual(of('s3://bucket', keys), {
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  assert.partialDeepStrictEqual(of('s3://bucket', { ...keys, AWS_SESSION_TOKEN: 'c' }), {
    credentials: { sessionToken: 'c' },
  })
  const half = { REELAY_STORAGE_URL: 's3://bucket', AWS_ACCESS_KEY_ID: 'a' }
  assert.match(storageFaults(half).join(), /must be set together/)
  assert.deepEqual(storageFaults({ AWS_ACCESS_KEY_ID: 'a' }), [], 'they may be there for other programs')
})

test('what cannot be meant is refused with what would be right', () => {
  for (const [url, fault] of [
    ['ftp://bucket', /must start with file: or s3:/],
    ['s3:bucket', /names no bucket/],
    ['s3://', /s3:\/\/bucket\/prefix|names no bucket/],
    ['s3://UPPER_case', /names no bucket/],
    ['s3://key:secret@bucket', /must hold no keys/],
    ['s3://bucket/../x/.hidden', /plain names/],
    ['s3://bucket/a//b', /plain names/],
    ['s3://bucket/a%20b', /plain names/],
    ['s3://bucket?endpoint=minio:9000', /without a path/],
    ['s3://bucket?endpoint=http://minio:9000/path', /without a path/],
    ['s3://bucket?endpoint=http://user@minio:9000', /without a path/],
    ['s3://bucket?path_style=yes', /path_style=true or/],
    ['s3://bucket?region=../x', /no such region/],
    ['s3://bucket?key=x', /knows no key: it takes endpoint, region, path_style, public_endpoint/],
  ] as const) {
    assert.match(storageFaults({ REELAY_STORAGE_URL: url }).join(), fault, url)
  }
})

test('clients can only be sent to a storage that they can reach', () => {
  const redirect = { REELAY_STORAGE_REDIRECT: 'true' }
  assert.match(storageFaults(redirect).join(), /needs a REELAY_STORAGE_URL that begins with s3:/)
  assert.partialDeepStrictEqual(of('s3://bucket', redirect), { isRedirecting: true })
})
