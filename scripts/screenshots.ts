import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createClient, type ReelayClient } from '@reelay/sdk'
import type { Page } from 'playwright-core'
import { createReelay, loadConfig } from 'reelay'
import { launchBrowser } from '../packages/reelay/test/browser/browser.ts'

const OUT = resolve('docs/screenshots')
const QUALITY = 0.82

type Look = { name: string; colorScheme: 'light' | 'dark'; viewport: { width: number; height: number } }

const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1360, height: 850 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1360, height: 850 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 800 } },
] as const satisfies readonly Look[]

const WAIT_MS = 15_000

const VIDEOS = [
  { prompt: 'A lighthouse on a cliff in the rain at night, slow pan', size: '640x360', seconds: '3' },
  { prompt: 'A red fox among fireflies in a forest at dusk', size: '360x640', seconds: '2' },
  { prompt: 'Snow falls on a mountain valley in the morning, zoom out', size: '640x360', seconds: '3' },
  { prompt: 'A rocket rises over the desert at sunset', size: '640x360', seconds: '2' },
  { prompt: 'A whale under a starry sky, drifting [fail]', size: '640x360', seconds: '2' },
  {
    prompt: 'A paper boat crosses a quiet lake at golden hour, seen from above',
    size: '640x360',
    seconds: '4',
  },
] as const

/** Pictures of the dashboard for the documentation: a gateway of its own, with videos that this machine draws. */
async function takeScreenshots(): Promise<void> {
  await using held = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'reelay-screenshots-'))
  held.defer(() => rm(dataDir, { recursive: true, force: true }))
  const config = loadConfig({ REELAY_DATA_DIR: dataDir, REELAY_PORT: '0', REELAY_LOG_LEVEL: 'error' })
  const reelay = await createReelay(config)
  held.defer(() => reelay.stop())
  const { url } = await reelay.listen()
  await reelay.start()
  const receiver = createServer((_request, response) => void response.end('ok')).listen(0, '127.0.0.1')
  held.defer(() => void receiver.close())
  await once(receiver, 'listening')
  const address = receiver.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const client = createClient({ baseURL: url, apiKey: reelay.adminKey })
  const shown = await makeVideos(client, `http://127.0.0.1:${port}/webhooks`)
  const browser = await launchBrowser()
  held.defer(() => browser.close())
  await mkdir(OUT, { recursive: true })
  const paper = await browser.newPage()
  const page = await browser.newPage({ reducedMotion: 'reduce' })
  page.setDefaultTimeout(WAIT_MS)
  for (const look of LOOKS) await takeOf({ page, paper, url, adminKey: reelay.adminKey, ...shown }, look)
}

type Shown = { video: string; failed: string }

async function makeVideos(client: ReelayClient, callbackUrl: string): Promise<Shown> {
  const ids: string[] = []
  for (const video of VIDEOS) {
    const { id } = await client.videos.create({ ...video, model: 'local/preview', callback_url: callbackUrl })
    ids.push(id)
  }
  for (const id of ids) await client.videos.wait(id)
  // This one stays under way while the pictures are taken.
  await client.videos.create({
    model: 'local/preview',
    prompt: 'A hot air balloon over a misty valley at dawn, slow zoom in [slow=90s]',
    size: '640x360',
    seconds: '4',
  })
  return { video: ids.at(-1) ?? '', failed: ids.at(-2) ?? '' }
}

type Shoot = Shown & { page: Page; paper: Page; url: string; adminKey: string }

async function takeOf(shoot: Shoot, { name, colorScheme, viewport }: Look): Promise<void> {
  const { page, paper, url, adminKey, video, failed } = shoot
  const save = (what: string, isWhole = false): Promise<void> =>
    saveWebp({ page, paper, isWhole }, `${what}-${name}`)
  await page.emulateMedia({ colorScheme })
  await page.setViewportSize(viewport)
  await page.goto(url)
  const isFirst = name === LOOKS[0].name
  if (isFirst) {
    await page.getByLabel('API key').fill(adminKey)
    await save('sign-in')
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await page.getByRole('progressbar').first().waitFor()
  await everyPictureIn(page)
  await save('videos')
  await page.goto(`${url}/#/videos/${video}`)
  await page.getByRole('figure').last().waitFor()
  await firstPictureOf(page)
  // With the timeline, which is below the fold.
  await save('video', viewport.width > viewport.height)
  await page.goto(`${url}/#/videos/${failed}`)
  await page.getByRole('heading', { name: /^The preview failed/ }).waitFor()
  await save('failed')
  await page.goto(`${url}/#/playground`)
  await page
    .getByRole('textbox', { name: 'Prompt', exact: true })
    .fill('A lantern floats over a rice field at night, camera rises')
  await save('playground')
}

/** Until then the browser shows that it loads. */
async function firstPictureOf(page: Page): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const video = document.querySelector('video')
    if (video.readyState === HTMLMediaElement.HAVE_ENOUGH_DATA) resolve()
    video.addEventListener('canplaythrough', () => resolve(), { once: true })
    video.preload = 'auto'
  })`)
}

/** Posters and first pictures arrive after the page. */
async function everyPictureIn(page: Page): Promise<void> {
  await page.evaluate(`Promise.all(
    [...document.images]
      .filter((image) => image.getBoundingClientRect().top < innerHeight)
      .map((image) => image.decode()),
  )`)
  await page.evaluate('document.fonts.ready')
}

/** `paper`: a page without a policy that keeps pictures out. `isWhole`: with what is below the fold. */
type Sheet = { page: Page; paper: Page; isWhole: boolean }

/** Browsers write WebP themselves: a third of the PNG. */
async function saveWebp({ page, paper, isWhole }: Sheet, name: string): Promise<void> {
  const png = await page.screenshot({ animations: 'disabled', fullPage: isWhole })
  const base64 = await paper.evaluate<string>(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${png.toString('base64')}'
    await image.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height })
    canvas.getContext('2d').drawImage(image, 0, 0)
    return canvas.toDataURL('image/webp', ${QUALITY}).split(',')[1]
  })()`)
  const bytes = Buffer.from(base64, 'base64')
  await writeFile(join(OUT, `${name}.webp`), bytes)
  console.log(`${name}.webp: ${Math.round(bytes.byteLength / 1_000)} kB`)
}

await takeScreenshots()
