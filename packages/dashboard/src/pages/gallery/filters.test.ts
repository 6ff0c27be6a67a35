import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filtersOf, isNarrowed, queryOf } from './filters.ts'

test('filters go into the address and come back', () => {
  for (const text of ['', 'status=failed', 'model=local%2Fpreview', 'status=queued&model=wan']) {
    const query = queryOf(filtersOf(new URLSearchParams(text)))
    assert.equal(query.toString(), text)
    assert.equal(isNarrowed(filtersOf(query)), text !== '')
  }
})

test('a status that nobody knows narrows nothing', () => {
  assert.deepEqual(filtersOf(new URLSearchParams('status=dreaming&model=')), { status: null, model: null })
})
