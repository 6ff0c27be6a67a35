import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCometapi } from '../../src/providers/cometapi/index.ts'
import { inputFile } from '../contract/provider-subject.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type SimulatedParts,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

type Opened = ReturnType<typeof createCometapi>

/** Runway's route makes nothing without a picture. */
function withPicture(parts: SimulatedParts): Opened {
  const provider = createCometapi(parts)
  const inputs = [inputFile('first_frame', 'first')]
  return { ...provider, start: async (start) => provider.start({ ...start, inputs }) }
}

const starts = { '200error': 'rejected', '500invalid': 'rejected' } as const

const SUBJECTS: readonly SimulatedSubject[] = [
  {
    name: 'cometapi kling',
    dialect: 'comet',
    model: 'kling-v2-6',
    open: createCometapi,
    bytes: 'link',
    starts,
  },
  {
    name: 'cometapi runwayml',
    dialect: 'comet',
    model: 'gen4_turbo',
    open: withPicture,
    bytes: 'link',
    starts,
  },
  {
    name: 'cometapi grok',
    dialect: 'comet',
    model: 'grok-imagine-video',
    open: createCometapi,
    bytes: 'link',
    starts,
  },
]

const signal = new AbortController().signal

for (const subject of SUBJECTS) {
  simulatedProviderContract(subject)

  test(`simulated ${subject.name}: the wrapper is read as the maker's own answer is`, async (context) => {
    const open = await opened(context, subject)
    const operation = await started(open, subject, '[up:wrapper]')
    const seen = []
    for (let looks = 0; looks < 3; looks += 1) seen.push(await open.provider.probe(operation, signal))
    assert.deepEqual(
      seen.map(({ kind }) => kind),
      ['waiting', 'running', 'done'],
    )
    const failing = await started(open, subject, '[up:wrapper][up:steps=failed][up:failed=too dark]')
    const verdict = await open.provider.probe(failing, signal)
    assert.ok(verdict.kind === 'failed')
    assert.match(verdict.detail, /too dark/)
  })
}
