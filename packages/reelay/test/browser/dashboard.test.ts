import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient } from '@reelay/sdk'
import type { Locator, Page } from 'playwright-core'
import { type Stage, barriersIn, openPage, openStage, showIn, signIn } from './dashboard.ts'

let stage: Stage

before(async () => {
  stage = await openStage()
})
after(() => stage[Symbol.asyncDispose]())

const video = (page: Page): Locator => page.getByRole('main').locator('video')

const isStream = ({ pathname }: URL): boolean => pathname.endsWith('/events')

/** Read in the page: what the video element knows after it played and sought. */
type Played = { width: number; duration: number; at: number; error: string | null }

const PLAY_AND_SEEK = `(async () => {
  const video = document.querySelector('main video')
  video.muted = true
  const event = (name) => new Promise((resolve) => video.addEventListener(name, resolve, { once: true }))
  if (video.readyState < 1) await event('loadedmetadata')
  await video.play()
  video.pause()
  const sought = event('seeked')
  video.currentTime = 1.5
  await sought
  return { width: video.videoWidth, duration: Math.round(video.duration), at: video.currentTime,
    error: video.error === null ? null : video.error.message }
})()`

const KEPT = `JSON.stringify([document.cookie, Object.entries(localStorage), Object.entries(sessionStorage)])`

test(
  'a video is asked for in the playground, followed, played and found again',
  { timeout: 90_000 },
  async () => {
    await using visit = await openPage(stage.browser)
    const { page, complaints } = visit
    await signIn(page, stage.url, stage.reelay.adminKey)
    await page.getByRole('heading', { name: 'No videos yet' }).waitFor()
    assert.equal((await page.evaluate<string>(KEPT)).includes(stage.reelay.adminKey), false)
    assert.equal(await page.evaluate('document.cookie'), '')
    assert.deepEqual(await barriersIn(page), [])

    await page.getByRole('link', { name: 'Playground' }).click()
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a boat at sunset [slow=3s]')
    await page.getByLabel('Length in seconds').fill('61')
    await page.getByText('Take a whole number from 1 to 60.').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Create the video' }).isDisabled(), true)
    await page.getByLabel('Length in seconds').fill('2')
    await page.getByLabel('Size').selectOption('320x180')
    assert.match(await page.locator('pre').innerText(), /"seconds":"2","size":"320x180"/)
    assert.deepEqual(await barriersIn(page), [])
    await page.getByRole('button', { name: 'Create the video' }).click()

    await page.getByRole('link', { name: 'All details' }).click()
    await page.getByRole('heading', { level: 1, name: 'a boat at sunset' }).waitFor()
    // Somewhere between the beginning and the end, without a reload.
    await page.locator('progress[value]:not([value="0"]):not([value="100"])').waitFor()
    await video(page).waitFor()
    assert.deepEqual(await page.evaluate<Played>(PLAY_AND_SEEK), {
      width: 320,
      duration: 2,
      at: 1.5,
      error: null,
    })

    const picture = page.getByRole('figure', { name: /^Picture of/ })
    for (const lane of ['State', 'Submission', 'Looks', 'Archive'])
      await picture.getByText(lane, { exact: true }).waitFor()
    await page.getByText(/events, in words/).click()
    const events = page.getByRole('list', { name: 'Events' })
    for (const title of [
      'Accepted and stored',
      'The provider accepted it',
      'The file is stored, checked and hashed',
    ])
      await events.getByText(title).waitFor()
    assert.deepEqual(await barriersIn(page), [])

    await page.getByRole('link', { name: 'All videos', exact: true }).click()
    const poster = page.getByRole('list', { name: 'Videos' }).locator('img').last()
    await poster.waitFor()
    assert.ok(
      await poster.evaluate(async (image: { decode(): Promise<void>; naturalWidth: number }) => {
        await image.decode()
        return image.naturalWidth > 0
      }),
    )
    await page.mouse.move(0, 0)
    const play = page.getByRole('button', { name: /^Play the preview/ })
    await page
      .getByRole('article')
      .first()
      .hover({ position: { x: 20, y: 20 } })
    await video(page).waitFor()
    await page.mouse.move(0, 0)
    await video(page).waitFor({ state: 'detached' })
    // Without a mouse.
    await play.press('Enter')
    await video(page).evaluate(
      (playing: { paused: boolean; addEventListener(name: string, listener: () => void): void }) =>
        new Promise<void>((resolve) => {
          if (!playing.paused) resolve()
          playing.addEventListener('playing', () => resolve())
        }),
    )
    assert.deepEqual(await barriersIn(page), [])
    assert.deepEqual(complaints, [])
  },
)

test(
  'a video that others ask for comes up and moves on in the gallery by itself',
  { timeout: 60_000 },
  async () => {
    await using visit = await openPage(stage.browser)
    const { page, complaints } = visit
    const following = page.waitForResponse((response) => response.url().endsWith('/v1/events'))
    await signIn(page, stage.url, stage.reelay.adminKey)
    await page.getByRole('heading', { name: 'Videos', level: 1 }).waitFor()
    await following
    const client = createClient({ baseURL: stage.url, apiKey: stage.reelay.adminKey })
    await client.videos.create({ prompt: 'a fox in the snow', seconds: 1, size: '320x180' })
    const card = page.getByRole('article').filter({ hasText: 'a fox in the snow' })
    await card.waitFor()
    await card.getByText('Completed').waitFor()
    await page.getByLabel('Status').selectOption('failed')
    await page.getByRole('heading', { name: 'No video fits' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'No video fits' }).waitFor()
    await page.getByRole('button', { name: 'Show all videos' }).click()
    await card.waitFor()
    assert.deepEqual(complaints, [])
  },
)

test(
  'a failed video says why, and what to do; another one is made from it',
  { timeout: 60_000 },
  async () => {
    await using visit = await openPage(stage.browser)
    const { page, complaints } = visit
    const client = createClient({ baseURL: stage.url, apiKey: stage.reelay.adminKey })
    const { id } = await client.videos.create({ prompt: 'a boat [fail]', seconds: 1, size: '320x180' })
    await client.videos.wait(id)
    await signIn(page, `${stage.url}/#/videos/${id}`, stage.reelay.adminKey)
    await page.getByRole('heading', { name: /^The preview failed because its prompt asked for it/ }).waitFor()
    await page.getByText('Create it again if the message gives no reason that would repeat itself.').waitFor()
    await page.getByText('provider_failed').waitFor()
    assert.deepEqual(await barriersIn(page), [])
    await page.getByRole('button', { name: 'Make another' }).click()
    assert.equal(
      await page.getByRole('textbox', { name: 'Prompt', exact: true }).inputValue(),
      'a boat [fail]',
    )
    assert.equal(await page.getByLabel('Length in seconds').inputValue(), '1')
    assert.equal(await page.getByLabel('Size').inputValue(), '320x180')
    assert.deepEqual(complaints, [])
  },
)

test('a video is cancelled and deleted by the keyboard', { timeout: 60_000 }, async () => {
  await using visit = await openPage(stage.browser)
  const { page, complaints } = visit
  const client = createClient({ baseURL: stage.url, apiKey: stage.reelay.adminKey })
  const { id } = await client.videos.create({ prompt: 'a whale [slow=60s]', seconds: 1, size: '320x180' })
  await signIn(page, `${stage.url}/#/videos/${id}`, stage.reelay.adminKey)
  await page.getByRole('button', { name: 'Cancel', exact: true }).press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the video' }).press('Enter')
  await page.getByText('cancelled', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Delete' }).press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Delete' }).press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).press('Enter')
  await page.getByRole('heading', { name: 'Videos', level: 1 }).waitFor()
  await assert.rejects(client.videos.retrieve(id), { code: 'not_found' })
  assert.deepEqual(complaints, [])
})

/** Read in the page: whether the dialog is left once those that hear of its close request have run, and who has the focus then. */
const CLOSE_DIALOG = `(async () => {
  document.querySelector('dialog').requestClose()
  await null
  return { dialogs: document.querySelectorAll('dialog').length, focus: document.activeElement.textContent }
})()`

test('a dialog that was closed is gone before the next key is heard', { timeout: 60_000 }, async () => {
  await using visit = await openPage(stage.browser)
  const { page, complaints } = visit
  const client = createClient({ baseURL: stage.url, apiKey: stage.reelay.adminKey })
  const { id } = await client.videos.create({ prompt: 'a heron [fail]', seconds: 1, size: '320x180' })
  await signIn(page, `${stage.url}/#/videos/${id}`, stage.reelay.adminKey)
  await page.getByRole('button', { name: 'Delete' }).press('Enter')
  await page.getByRole('dialog').waitFor()
  assert.deepEqual(await page.evaluate(CLOSE_DIALOG), { dialogs: 0, focus: 'Delete' })
  assert.deepEqual(complaints, [])
})

test('pictures are dropped into the form and sent with the request', { timeout: 60_000 }, async () => {
  await using visit = await openPage(stage.browser)
  const { page, complaints } = visit
  await signIn(page, `${stage.url}/#/playground`, stage.reelay.adminKey)
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('the picture comes alive')
  await page.getByLabel('Length in seconds').fill('1')
  await page.getByLabel('Size').selectOption('320x180')
  const picture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    'base64',
  )
  const files = ['one.png', 'two.png'].map((name) => ({ name, mimeType: 'image/png', buffer: picture }))
  await page.getByLabel('Reference images').setInputFiles(files)
  await page.getByText('Drop up to 6 images here').waitFor()
  await page.getByRole('button', { name: 'Remove one.png' }).click()
  assert.match(await page.locator('pre').innerText(), /-F 'input_reference=@two\.png'/)
  const sent = page.waitForRequest((request) => request.method() === 'POST')
  await page.getByRole('button', { name: 'Create the video' }).click()
  assert.match((await sent).headers()['content-type'] ?? '', /^multipart\/form-data/)
  await page.getByRole('link', { name: 'All details' }).waitFor()
  assert.deepEqual(complaints, [])
})

test('where streams do not get through, the page asks instead', { timeout: 60_000 }, async () => {
  await using visit = await openPage(stage.browser)
  const { page } = visit
  await page.route(isStream, async (route) => {
    const asks = route.request().headers()['accept'] === 'text/event-stream'
    await (asks ? route.fulfill({ status: 200, json: { object: 'list', data: [] } }) : route.continue())
  })
  const client = createClient({ baseURL: stage.url, apiKey: stage.reelay.adminKey })
  const { id } = await client.videos.create({ prompt: 'a rocket [slow=2s]', seconds: 1, size: '320x180' })
  await signIn(page, `${stage.url}/#/videos/${id}`, stage.reelay.adminKey)
  await video(page).waitFor()
  await page.getByText(/events, in words/).click()
  await page.getByText('The file is stored, checked and hashed').waitFor()
})

test(
  'a wrong key is told of; a session ends with its key; signing out leaves nothing behind',
  { timeout: 60_000 },
  async () => {
    await using visit = await openPage(stage.browser)
    const { page } = visit
    await signIn(page, stage.url, 'rk_wrong')
    await page.getByText('This API key is not known here').waitFor()
    assert.deepEqual(await barriersIn(page), [])
    const client = createClient({ baseURL: stage.url, apiKey: stage.reelay.adminKey })
    const reader = await client.keys.create({ name: 'reader', scopes: ['read', 'content'] })
    await page.getByLabel('API key').fill(reader.key ?? '')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Videos', level: 1 }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'Playground' }).count(), 0)
    // The session ends with its key, whatever the page shows.
    await client.keys.revoke(reader.id)
    await page.getByLabel('Status').selectOption('failed')
    await page.getByLabel('API key').fill(stage.reelay.adminKey)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('API key').waitFor()
    assert.deepEqual(await page.context().cookies(), [])
  },
)

test('more videos come page by page as the reader gets there', { timeout: 60_000 }, async () => {
  await using visit = await openPage(stage.browser)
  const { page, complaints } = visit
  const client = createClient({ baseURL: stage.url, apiKey: stage.reelay.adminKey })
  const asked: string[] = []
  // The same pages, only shorter: so a handful of videos fills several.
  await page.route(
    (url) => url.pathname === '/v1/videos',
    async (route) => {
      const url = new URL(route.request().url())
      url.searchParams.set('limit', '2')
      asked.push(url.searchParams.get('after') ?? '')
      await route.continue({ url: url.href })
    },
  )
  await signIn(page, stage.url, stage.reelay.adminKey)
  const { data } = await client.videos.list({ limit: 100 })
  assert.ok(data.length >= 5)
  await page
    .getByRole('article')
    .nth(data.length - 1)
    .waitFor()
  assert.equal(await page.getByRole('article').count(), data.length)
  assert.equal(new Set(asked).size, Math.ceil(data.length / 2))
  assert.equal(await page.getByRole('button', { name: 'Show more' }).count(), 0)
  assert.deepEqual(complaints, [])
})

test('the page fits a phone and both colour schemes', { timeout: 60_000 }, async () => {
  await using visit = await openPage(stage.browser)
  const { page, complaints } = visit
  await page.setViewportSize({ width: 360, height: 740 })
  await signIn(page, stage.url, stage.reelay.adminKey)
  await page.getByRole('article').first().waitFor()
  for (const place of ['/', '/playground']) {
    await page.goto(`${stage.url}/#${place}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await showIn(page, colorScheme)
      assert.deepEqual(await barriersIn(page), [], `${place} ${colorScheme}`)
    }
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    assert.equal(await page.evaluate(overflow), 0, place)
  }
  assert.deepEqual(complaints, [])
})
