import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startSimulator } from '@reelay/simulator'
import { createClient, type ReelayClient } from '@reelay/sdk'
import type { Locator, Page } from 'playwright-core'
import { Receiver } from '../webhooks/receiver.ts'
import { barriersIn, openPage, openStage, showIn, signIn, type Stage } from './dashboard.ts'

const held = new AsyncDisposableStack()
let stage: Stage
let admin: ReelayClient

before(async () => {
  const upstream = await startSimulator()
  held.defer(() => upstream.close())
  stage = await openStage({
    REELAY_PROVIDERS: 'local,cometapi,openai',
    COMETAPI_KEY: 'test-key',
    COMETAPI_BASE_URL: upstream.url,
    OPENAI_API_KEY: 'test-key',
    OPENAI_VIDEO_BASE_URL: `${upstream.url}/nobody-is-here`,
    // Not where the browser goes: what providers are told.
    REELAY_PUBLIC_URL: 'https://reelay.example',
    REELAY_ALLOW_HOSTS: '127.0.0.1',
    // One attempt, and then it is up to whoever looks.
    REELAY_WEBHOOK_SCHEDULE: '0s',
  })
  held.use(stage)
  admin = createClient({ baseURL: stage.url, apiKey: stage.reelay.adminKey })
})
after(() => held.disposeAsync())

const dialogOf = (page: Page): Locator => page.getByRole('dialog')

const pressIn = (place: Page | Locator, name: string): Promise<void> =>
  place.getByRole('button', { name, exact: true }).click()

/** A secret as it is shown for taking along. */
const secretIn = (page: Page): Promise<string> => dialogOf(page).locator('code').first().innerText()

async function openAt(path: string, key: string, visit: Awaited<ReturnType<typeof openPage>>): Promise<Page> {
  await signIn(visit.page, `${stage.url}/#${path}`, key)
  await visit.page.getByRole('heading', { level: 1 }).waitFor()
  return visit.page
}

test(
  'an endpoint is created, fails, and is sent again what it missed: one delivery, and then all',
  { timeout: 60_000 },
  async () => {
    let isDown = true
    await using receiver = await Receiver.open((response) => {
      response.writeHead(isDown ? 503 : 204).end(isDown ? 'closed for lunch' : undefined)
    })
    await using visit = await openPage(stage.browser)
    const page = await openAt('/webhooks', stage.reelay.adminKey, visit)
    await page.getByRole('heading', { name: 'No endpoint yet' }).waitFor()
    assert.deepEqual(await barriersIn(page), [])

    await pressIn(page, 'New endpoint')
    assert.deepEqual(await barriersIn(page), [])
    await dialogOf(page).getByLabel('URL').fill(receiver.url)
    await dialogOf(page).getByLabel('Description (optional)').fill('Shop')
    await pressIn(dialogOf(page), 'Create the endpoint')
    await page.getByRole('heading', { name: 'The endpoint is there' }).waitFor()
    assert.match(await secretIn(page), /^whsec_/)
    await pressIn(dialogOf(page), 'Done')
    const card = page.getByRole('article', { name: receiver.url })
    await card.getByText('Enabled', { exact: true }).waitFor()

    await pressIn(card, 'Send test event')
    await card.getByRole('link', { name: 'See what came of it' }).click()
    const title = page.getByRole('main').locator('header').first()
    await title.getByText('Exhausted').waitFor()
    const attempts = page.getByRole('table', { name: 'Attempts, the oldest first' })
    await attempts.getByText('closed for lunch').waitFor()
    await attempts.getByText('503', { exact: true }).waitFor()
    assert.deepEqual(await barriersIn(page), [])

    isDown = false
    await pressIn(page, 'Send again')
    await title.getByText('Delivered').waitFor()
    await attempts.getByText('204', { exact: true }).waitFor()
    const [failed, arrived] = [await receiver.nth(1), await receiver.nth(2)]
    assert.equal(arrived.event['type'], 'webhook.test')
    assert.equal(arrived.headers['webhook-id'], failed.headers['webhook-id'])

    isDown = true
    await page.getByRole('link', { name: 'All webhooks' }).click()
    await pressIn(card, 'Send test event')
    const deliveries = page.getByRole('table', { name: 'Deliveries, the newest first' })
    await deliveries.getByText('Exhausted').waitFor()
    await card.getByText(/^The last attempt failed since/).waitFor()
    isDown = false
    await pressIn(card, 'Send failed again')
    await pressIn(dialogOf(page), 'Send again')
    await page.getByRole('heading', { name: '1 delivery is on its way again' }).waitFor()
    await pressIn(dialogOf(page), 'Done')
    await deliveries.getByText('Delivered').nth(1).waitFor()
    assert.equal((await receiver.nth(4)).headers['webhook-id'], (await receiver.nth(3)).headers['webhook-id'])

    await page.getByLabel('Status').selectOption('exhausted')
    await page.getByRole('heading', { name: 'No delivery fits' }).waitFor()
    await pressIn(page, 'Show all deliveries')
    await deliveries.getByText('Delivered').nth(1).waitFor()
    assert.deepEqual(await barriersIn(page), [])
    assert.deepEqual(visit.complaints, [])
  },
)

test(
  'an endpoint is changed, its secret rotated; it is disabled, enabled and deleted',
  { timeout: 60_000 },
  async () => {
    await using receiver = await Receiver.open()
    const { id, url, secret } = await admin.endpoints.create({ url: receiver.url })
    await using visit = await openPage(stage.browser)
    const page = await openAt('/webhooks', stage.reelay.adminKey, visit)
    const card = page.getByRole('article', { name: url })

    await pressIn(card, 'Edit')
    await dialogOf(page).getByLabel('Queued').check()
    await dialogOf(page).getByLabel('Each webhook carries').selectOption('thin')
    await pressIn(dialogOf(page), 'Save')
    await card.getByText('queued, completed, failed, error').waitFor()
    assert.equal((await admin.endpoints.retrieve(id)).payload, 'thin')

    await pressIn(card, 'Signing secret')
    await pressIn(dialogOf(page), 'Show what signs now')
    await dialogOf(page).locator('code').waitFor()
    assert.equal(await secretIn(page), secret)
    await dialogOf(page).getByLabel('The secret before goes on signing for').selectOption('0')
    assert.deepEqual(await barriersIn(page), [])
    await pressIn(dialogOf(page), 'Rotate the secret')
    await page.getByRole('heading', { name: 'The new signing secret' }).waitFor()
    const live = (await admin.endpoints.secrets(id)).map((each) => each.secret)
    assert.deepEqual(live, [await secretIn(page)])
    assert.notEqual(live[0], secret)
    await page.keyboard.press('Escape')
    await dialogOf(page).waitFor({ state: 'detached' })
    // Whoever has no mouse goes on from where they were.
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Signing secret')

    await pressIn(card, 'Disable')
    await pressIn(dialogOf(page), 'Disable it')
    await card.getByText('Disabled', { exact: true }).waitFor()
    assert.equal(await card.getByRole('button', { name: 'Send test event' }).count(), 0)
    await pressIn(card, 'Enable')
    await pressIn(dialogOf(page), 'Enable it')
    await card.getByText('Enabled', { exact: true }).waitFor()
    await pressIn(card, 'Delete')
    await pressIn(dialogOf(page), 'Delete for good')
    await card.waitFor({ state: 'detached' })
    await assert.rejects(admin.endpoints.retrieve(id), { code: 'not_found' })
    assert.deepEqual(visit.complaints, [])
  },
)

test('a key is created, rotated and revoked, and shown once', { timeout: 60_000 }, async () => {
  await using visit = await openPage(stage.browser)
  const page = await openAt('/keys', stage.reelay.adminKey, visit)
  const works = async (key: string): Promise<boolean> => {
    const headers = { authorization: `Bearer ${key}` }
    return (await fetch(`${stage.url}/v1/videos`, { headers })).ok
  }
  await page.getByText('This session').waitFor()
  assert.deepEqual(await barriersIn(page), [])

  await pressIn(page, 'New key')
  await dialogOf(page).getByLabel('Name').fill('Shop backend')
  await dialogOf(page).getByLabel('content').uncheck()
  await dialogOf(page).getByLabel('Expires').selectOption({ label: 'In 30 days' })
  assert.deepEqual(await barriersIn(page), [])
  await pressIn(dialogOf(page), 'Create the key')
  await page.getByRole('heading', { name: 'The key “Shop backend”' }).waitFor()
  const first = await secretIn(page)
  assert.equal(await works(first), true)
  await pressIn(dialogOf(page), 'Done')
  assert.equal((await page.content()).includes(first), false)
  const row = page.getByRole('row').filter({ hasText: 'Shop backend' })
  await row.getByText('create, read', { exact: true }).waitFor()

  await pressIn(page, 'Rotate Shop backend')
  await dialogOf(page).getByLabel('The old key ends').selectOption({ label: 'At once' })
  await pressIn(dialogOf(page), 'Make the new key')
  await page.getByRole('heading', { name: 'The key “Shop backend”' }).waitFor()
  const second = await secretIn(page)
  assert.deepEqual([await works(first), await works(second)], [false, true])
  await pressIn(dialogOf(page), 'Done')

  await page
    .getByRole('row')
    .filter({ hasText: 'never', has: page.getByRole('button', { name: 'Revoke Shop backend' }) })
    .getByRole('button', { name: 'Revoke Shop backend' })
    .click()
  await pressIn(dialogOf(page), 'Revoke for good')
  await dialogOf(page).waitFor({ state: 'detached' })
  assert.equal(await works(second), false)
  assert.deepEqual(visit.complaints, [])
})

test(
  'a project is created and limited; its own administrator sees it, and nothing of the gateway',
  { timeout: 60_000 },
  async () => {
    await using visit = await openPage(stage.browser)
    const page = await openAt('/projects', stage.reelay.adminKey, visit)
    await pressIn(page, 'New project')
    await dialogOf(page).getByLabel('Name').fill('Studio')
    await pressIn(dialogOf(page), 'Create the project')
    const card = page.getByRole('listitem').filter({ hasText: 'Studio' })
    await pressIn(card, 'Change')
    await dialogOf(page).getByLabel('Videos under way').selectOption('own')
    await dialogOf(page).getByLabel('Videos under way, at a time').fill('3')
    await dialogOf(page).getByLabel('Files kept').selectOption('own')
    await dialogOf(page).getByLabel('Files kept, hours').fill('48')
    assert.deepEqual(await barriersIn(page), [])
    await pressIn(dialogOf(page), 'Save')
    await card.getByText('0 of 3').waitFor()
    await card.getByText('2 days').waitFor()
    assert.deepEqual(await barriersIn(page), [])
    const studio = (await admin.projects.list()).find(({ name }) => name === 'Studio')!
    const { own_limits: own } = await admin.projects.retrieve(studio.id)
    assert.deepEqual(own, { in_flight: 3, retention_seconds: 172_800 })
    await pressIn(card, 'Keys')
    await page.getByRole('heading', { name: 'No key yet' }).waitFor()
    await page.getByLabel('Project').selectOption('')
    await page.getByText('This session').waitFor()
    assert.deepEqual(visit.complaints, [])

    const made = await admin.keys.create({ name: 'studio admin', project: studio.id, scopes: ['admin'] })
    await using other = await openPage(stage.browser)
    const theirs = await openAt('/projects', made.key ?? '', other)
    await theirs.getByText('0 of 3').waitFor()
    assert.equal(await theirs.getByRole('listitem').count(), 1)
    assert.equal(await theirs.getByRole('button', { name: /^(New project|Change)$/ }).count(), 0)
    assert.equal(await theirs.getByRole('link', { name: 'Providers' }).count(), 0)
    await theirs.goto(`${stage.url}/#/providers`)
    await theirs.getByText('the scope “admin” in the project “default”').waitFor()
    await theirs.goto(`${stage.url}/#/keys`)
    await theirs.getByText('studio admin').nth(1).waitFor()
    assert.equal(await theirs.getByText('key_bootstrap').count(), 0)
    assert.deepEqual(other.complaints, [])
  },
)

test('a key that only reads is offered no administration, and told why', { timeout: 60_000 }, async () => {
  const { key = '' } = await admin.keys.create({ name: 'status page', scopes: ['read'] })
  await using visit = await openPage(stage.browser)
  const page = await openAt('/', key, visit)
  assert.deepEqual(await page.getByRole('navigation').getByRole('link').allInnerTexts(), ['Videos'])
  for (const path of ['/providers', '/webhooks', '/webhooks/deliveries/dlv_x', '/keys', '/projects']) {
    await page.goto(`${stage.url}/#${path}`)
    await page.getByRole('heading', { name: 'This API key may not see this page' }).waitFor()
    await page.getByText('the scope “admin”').waitFor()
  }
  assert.deepEqual(await barriersIn(page), [])
  assert.deepEqual(visit.complaints, [])
})

test(
  'each provider account says how it fares, and which address it may call back',
  { timeout: 60_000 },
  async () => {
    const reason = 'the account has no credit left'
    await stage.reelay.store.pauseAccount('cometapi', Date.now() + 3_600_000, reason)
    await using visit = await openPage(stage.browser)
    const page = await openAt('/providers', stage.reelay.adminKey, visit)
    const account = (name: string): Locator =>
      page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) })
    await account('local').getByText('Ready', { exact: true }).waitFor()
    await account('cometapi').getByText('Paused', { exact: true }).waitFor()
    await account('cometapi').getByText(reason).waitFor()
    await account('openai').getByText('Check failed', { exact: true }).waitFor()
    const address = await account('openai').locator('code').first().innerText()
    assert.match(address, /^https:\/\/reelay\.example\/hooks\/openai\//)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await pressIn(account('openai'), 'Copy')
    await account('openai').getByText('Copied').waitFor()
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), address)
    await account('cometapi')
      .getByText(/^\d+ models$/)
      .click()
    await account('cometapi').getByText('wan2.6', { exact: true }).waitFor()
    assert.deepEqual(await barriersIn(page), [])
    assert.deepEqual(visit.complaints, [])
  },
)

test('the pages of administrators fit a phone and both colour schemes', { timeout: 60_000 }, async () => {
  await using receiver = await Receiver.open()
  const { id } = await admin.endpoints.create({ url: receiver.url })
  const delivery = await admin.endpoints.test(id)
  await using visit = await openPage(stage.browser)
  await visit.page.setViewportSize({ width: 360, height: 740 })
  const page = await openAt('/', stage.reelay.adminKey, visit)
  const shown = {
    '/providers': page.getByText(/^\d+ models$/).first(),
    '/webhooks': page.getByRole('table', { name: 'Deliveries, the newest first' }),
    [`/webhooks/deliveries/${delivery.id}`]: page.getByText('Event id'),
    '/keys': page.getByRole('table', { name: 'API keys, the newest first' }),
    '/projects': page.getByText('Videos made today (UTC)').first(),
  }
  for (const [place, sign] of Object.entries(shown)) {
    await page.goto(`${stage.url}/#${place}`)
    await sign.waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await showIn(page, colorScheme)
      assert.deepEqual(await barriersIn(page), [], `${place} ${colorScheme}`)
    }
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    assert.equal(await page.evaluate(overflow), 0, place)
  }
  assert.deepEqual(visit.complaints, [])
})
