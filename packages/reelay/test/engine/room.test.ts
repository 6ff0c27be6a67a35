import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTerminal } from '../../src/task/state.ts'
import { Harness } from './harness.ts'
import { done, ScriptedProvider } from './scripted-provider.ts'

const STEPS_MAX = 8
const ACCOUNTS = 12
const TASKS_PER_ACCOUNT = 3

test('however many accounts have work, no more steps run at a time than may, and all get their turn', async () => {
  let underWay = 0
  let most = 0
  const isOpen = Promise.withResolvers<void>()
  const providers = Object.fromEntries(
    Array.from({ length: ACCOUNTS }, (_, index) => {
      const provider = new ScriptedProvider()
      provider.probeScript = [done]
      provider.openScript = [new TextEncoder().encode('video bytes')]
      const start = provider.start.bind(provider)
      provider.start = async (request) => {
        underWay += 1
        most = Math.max(most, underWay)
        await isOpen.promise
        underWay -= 1
        return start(request)
      }
      return [`account-${index}`, provider]
    }),
  )
  await using harness = await Harness.open(providers, { concurrencyMax: STEPS_MAX })
  const ids: string[] = []
  for (let index = 0; index < ACCOUNTS * TASKS_PER_ACCOUNT; index += 1) {
    const candidates = [{ account: `account-${index % ACCOUNTS}`, model: 'm' }]
    ids.push((await harness.create({ candidates })).id)
  }
  await harness.until(() => underWay === STEPS_MAX, 'all room is taken')
  await harness.pass(5_000)
  assert.equal(most, STEPS_MAX)
  isOpen.resolve()
  await harness.until(() => ids.every((id) => isTerminal(harness.task(id).state)), 'all end')
  assert.equal(most, STEPS_MAX)
  assert.ok(ids.every((id) => harness.task(id).state === 'completed'))
})
