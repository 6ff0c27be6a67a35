import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountFaults, accountsOf } from '../../account-settings.ts'
import { TestClock } from '../../system/test-clock.ts'
import { createBedrock } from './index.ts'

const accountNames = (given: Record<string, string>): string[] =>
  accountsOf(given).map(({ account }) => account)

test('bedrock: a folder that is none of a bucket is told at once', () => {
  const guarded = { open: async (): Promise<never> => assert.fail() }
  const keys = { accessKeyId: 'a', secretAccessKey: 'b' }
  for (const outputUri of ['', 'bucket', 's3://', 's3://B', 's3://bucket//a', 's3://bucket/../a']) {
    const options = { region: 'us-east-1', keys, outputUri, guarded, clock: new TestClock() }
    const words = /^TypeError: BEDROCK_OUTPUT_S3_URI must be s3:\/\/bucket or/
    assert.throws(() => createBedrock(options), words)
  }
})

test('bedrock settings: what is missing or misspelled is told, and keys alone turn nothing on', () => {
  const keys = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
  const whole = { ...keys, BEDROCK_OUTPUT_S3_URI: 's3://bucket/videos' }
  assert.deepEqual(accountNames(keys), ['local'])
  assert.deepEqual(accountNames(whole), ['bedrock', 'local'])
  assert.deepEqual(accountFaults(whole), [])
  assert.deepEqual(accountFaults({ BEDROCK_OUTPUT_S3_URI: 's3://bucket', AWS_REGION: 'us-east-1' }), [
    'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set with BEDROCK_OUTPUT_S3_URI',
  ])
  assert.deepEqual(accountFaults({ ...whole, BEDROCK_OUTPUT_S3_URI: 'bucket/videos' }), [
    'BEDROCK_OUTPUT_S3_URI must be s3://bucket or s3://bucket/prefix',
  ])
  assert.deepEqual(accountFaults({ ...whole, AWS_REGION: 'x.example/#' }), [
    'AWS_REGION must be the name of a region, such as us-east-1',
  ])
})
