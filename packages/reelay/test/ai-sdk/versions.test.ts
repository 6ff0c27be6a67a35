import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Experimental_VideoModelV4 as SdkModel, JSONValue } from '@ai-sdk/provider'
import {
  durableModel,
  type Json,
  type VideoCallOptions,
  type VideoModelV4,
} from '../../src/providers/ai-sdk/video-model.ts'
import { PACKAGES } from './packages.ts'

const NODE_MODULES = new URL('../../../../node_modules/', import.meta.url)

/** With which the tables of the bridge were tested. A new version may read and write other bodies. */
const TESTED: Readonly<Record<string, string>> = {
  alibaba: '2.0.58',
  'black-forest-labs': '2.0.41',
  fal: '3.0.41',
  gateway: '4.0.146',
  google: '4.0.121',
  'google-vertex': '5.0.141',
  minimax: '3.0.45',
  provider: '4.0.38',
  replicate: '3.0.46',
  xai: '5.0.12',
}

const NAMES: Readonly<Record<string, string>> = {
  alibaba: 'alibaba.video',
  'black-forest-labs': 'black-forest-labs.video',
  fal: 'fal.video',
  gateway: 'gateway',
  google: 'google.generative-ai',
  'google-vertex': 'google.vertex.video',
  minimax: 'minimax.video',
  replicate: 'replicate.video',
  xai: 'xai.video',
}

const noFetch: typeof globalThis.fetch = () => Promise.reject(new Error('Nothing is sent here.'))

async function manifest(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(new URL(path, NODE_MODULES), 'utf8'))
}

for (const [name, version] of Object.entries(TESTED)) {
  test(`@ai-sdk/${name} is the version with which the bridge was tested`, async () => {
    assert.equal((await manifest(`@ai-sdk/${name}/package.json`))['version'], version)
  })
}

for (const [name, { make }] of Object.entries(PACKAGES)) {
  test(`@ai-sdk/${name} makes a model that can be started now and asked for later`, () => {
    const model = make('http://127.0.0.1:1', noFetch)
    assert.equal(model.specificationVersion, 'v4')
    assert.equal(durableModel(model, name), model)
    // By which its table is found.
    assert.equal(model.provider, NAMES[name])
  })
}

type SdkOptions = Parameters<NonNullable<SdkModel['doStart']>>[0]

// Checked by the compiler: a model of the SDK may be given to us, and takes what we call it with.
const given = (model: SdkModel): VideoModelV4 => model
const taken = (options: VideoCallOptions): SdkOptions => options
const stored = (operation: Json): JSONValue => operation

test('the types that are declared here fit those of the SDK', () => {
  assert.deepEqual(
    [given, taken, stored].map((fits) => fits.length),
    [1, 1, 1],
  )
})

test('no package of the SDK is needed to run the gateway', async () => {
  const { dependencies, optionalDependencies } = await manifest('reelay/package.json')
  const needed = Object.keys({ ...Object(dependencies), ...Object(optionalDependencies) })
  assert.ok(needed.length > 5)
  assert.deepEqual(
    needed.filter((name) => name === 'ai' || name.startsWith('@ai-sdk/')),
    [],
  )
})
