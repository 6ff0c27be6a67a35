import type { Model, ModelCapabilities } from '@reelay/sdk'
import { connect } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { priceText } from './price-text.ts'
import { printTable } from './print-table.ts'
import { styleOf } from './style.ts'

/** `reelay models`: the models that the gateway reaches now, and what they take. */
export async function run(options: GlobalOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  const models = await client.models.list()
  if (options.json === true) {
    writeJson(io, { object: 'list', data: models })
    return EXIT_CODE.ok
  }
  printTable(io, {
    columns: [
      { title: 'MODEL' },
      { title: 'PROVIDER' },
      { title: 'SECONDS' },
      { title: 'SIZES', shrinks: true },
      { title: 'INPUTS', shrinks: true },
      { title: 'AUDIO' },
      { title: 'PRICE', shrinks: true },
    ],
    rows: models.map(rowOf),
    empty: 'no models: configure a provider, see reelay providers',
  })
  if (models.some(({ price }) => price?.as_of !== undefined)) {
    const remark = "prices are as published on the day beside them; the provider's bill decides"
    writeLine(io.stderr, styleOf(io.stderr, io.env).dim(remark))
  }
  return EXIT_CODE.ok
}

function rowOf(model: Model): readonly string[] {
  const { capabilities } = model
  const inputs = Object.entries(capabilities?.inputs ?? {}).map(([role, count]) =>
    count === 1 ? role : `${role} x${count}`,
  )
  return [
    model.id,
    model.owned_by,
    secondsOf(capabilities),
    sizesOf(capabilities),
    inputs.join(', '),
    capabilities?.audio ?? '',
    priceText(model.price),
  ]
}

function secondsOf(capabilities: ModelCapabilities | null): string {
  const seconds = capabilities?.seconds ?? null
  if (seconds === null) return ''
  if (seconds.values !== null) return seconds.values.join(', ')
  return seconds.min === seconds.max ? String(seconds.min) : `${seconds.min}-${seconds.max}`
}

function sizesOf(capabilities: ModelCapabilities | null): string {
  if (capabilities === null) return ''
  if (capabilities.sizes.length > 0) return capabilities.sizes.join(', ')
  return [...capabilities.resolutions, ...capabilities.ratios].join(', ')
}
