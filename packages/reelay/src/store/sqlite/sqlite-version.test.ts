import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { requireSqliteVersion } from './sqlite-version.ts'

test('versions that can damage a write-ahead log are refused, and the message says what to do', () => {
  for (const version of ['3.7.0', '3.45.1', '3.50.9', '3.51.2', '2.99.99', '3.51']) {
    assert.throws(() => requireSqliteVersion(version), /Reelay needs 3\.51\.3 or newer: update Node/, version)
  }
})

test('versions with the fix are accepted', () => {
  for (const version of ['3.51.3', '3.51.10', '3.53.0', '4.0.0']) requireSqliteVersion(version)
})

test('this Node brings a version that is accepted', () => {
  const database = new DatabaseSync(':memory:')
  requireSqliteVersion(String(database.prepare('select sqlite_version() as version').get()?.['version']))
  database.close()
})
