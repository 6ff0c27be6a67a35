import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../system/clock.ts'
import { TestClock } from '../system/test-clock.ts'
import { extractStills, type ExtractedStills } from './extract-stills.ts'
import { sheetGrid } from './sheet-grid.ts'
import { grayAt, writeTestClip, type TestClip } from './test-clip.ts'
import { decodePicture, type DecodedPicture } from './test-sheet.ts'

const CLIP: TestClip = { codec: 'h264', width: 320, height: 180, fps: 24, frames: 120, gop: 48 }

let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-stills-'))
})

after(async () => {
  await rm(folder, { recursive: true, force: true })
})

const pathOf = (name: string): string => join(folder, name)

async function clip(name: string, changes: Partial<TestClip> = {}): Promise<string> {
  await writeTestClip(pathOf(name), { ...CLIP, ...changes })
  return pathOf(name)
}

async function extract(path: string, sheetFramesMax = 25, clock?: Clock): Promise<ExtractedStills> {
  const stills = await extractStills(path, { sheetFramesMax, ...(clock === undefined ? {} : { clock }) })
  return stills ?? assert.fail('no stills')
}

async function sheetOf(stills: ExtractedStills): Promise<{ frames: number; picture: DecodedPicture }> {
  const { sheet } = stills
  if ('problem' in sheet) assert.fail(sheet.problem)
  await sheet.write(pathOf('sheet.jpg'))
  const picture = await decodePicture(await readFile(pathOf('sheet.jpg')))
  assert.deepEqual([picture.width, picture.height], [sheet.width, sheet.height])
  return { frames: sheet.frames, picture }
}

/** How bright the middle of each frame is. */
function brightnesses({ frames, picture }: { frames: number; picture: DecodedPicture }): number[] {
  const { columns, rows } = sheetGrid(frames)
  const [width, height] = [picture.width / columns, picture.height / rows]
  return Array.from({ length: frames }, (_, frame) =>
    picture.brightnessAt(((frame % columns) + 0.5) * width, (Math.floor(frame / columns) + 0.5) * height),
  )
}

/** Every frame shows the middle of its stretch: off by one picture of the clip and what the codecs lose, at most. */
function showsItsTime(seen: readonly number[], clipFrames: number, frames: number = seen.length): void {
  const toleranceOf = 255 / clipFrames + 4
  for (const [frame, gray] of seen.entries()) {
    const expected = grayAt((frame + 0.5) / frames)
    assert.ok(Math.abs(gray - expected) <= toleranceOf, `frame ${frame}: ${gray} instead of ${expected}`)
  }
}

for (const codec of ['h264', 'hevc', 'av1'] as const) {
  test(`a sheet of ${codec} shows the whole clip in order`, async () => {
    const stills = await extract(await clip(`${codec}.mp4`, { codec }))
    const sheet = await sheetOf(stills)
    assert.deepEqual([sheet.frames, sheet.picture.width, sheet.picture.height], [25, 800, 450])
    showsItsTime(brightnesses(sheet), CLIP.frames)
    await stills.poster.write(pathOf('poster.jpg'))
    const poster = await decodePicture(await readFile(pathOf('poster.jpg')))
    assert.deepEqual([poster.width, poster.height], [320, 180])
    const [gray, expected] = [poster.brightnessAt(160, 90), grayAt(24 / 120)]
    assert.ok(Math.abs(gray - expected) <= 8, `the poster is of a second in: ${gray}, ${expected}`)
  })
}

test('it is the same with one key frame, and with nothing else', async () => {
  for (const gop of [500, 1]) {
    const sheet = await sheetOf(await extract(await clip(`gop-${gop}.mp4`, { gop })))
    showsItsTime(brightnesses(sheet), CLIP.frames)
  }
})

/** How often the time is looked at for a clip with key frames so far apart: once for each packet that is read. */
async function looksWith(gop: number): Promise<number> {
  const clock = new TestClock()
  let looks = 0
  const counting: Clock = {
    nowMs: () => clock.nowMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    monotonicMs: () => {
      looks += 1
      return 0
    },
  }
  await extract(await clip(`leap-${gop}.mp4`, { gop, frames: 240 }), 5, counting)
  return looks
}

test('what lies between the key frames that are needed is not decoded', async () => {
  // All 240 are read once for the index; then all again, or those that are needed.
  const [far, near] = [await looksWith(500), await looksWith(1)]
  assert.ok(far > 440 && near < 300, `${far} and ${near} looks`)
})

test('a clip of one picture has a sheet of one', async () => {
  const sheet = await sheetOf(await extract(await clip('one.mp4', { frames: 1 })))
  assert.deepEqual([sheet.frames, sheet.picture.width, sheet.picture.height], [1, 160, 90])
})

test('a sheet has as many frames as were asked for, the rest of its last row is empty', async () => {
  const sheet = await sheetOf(await extract(await clip('short.mp4', { frames: 24 }), 5))
  assert.deepEqual([sheet.frames, sheet.picture.width, sheet.picture.height], [5, 480, 180])
  showsItsTime(brightnesses(sheet), 24)
  assert.ok(sheet.picture.brightnessAt(400, 135) < 8)
})

test('frames keep their aspect, fit into 160 by 320 and are never enlarged', async () => {
  const sizes = [
    [66, 640, 34, 320],
    [638, 64, 160, 16],
    [90, 160, 90, 160],
    [360, 640, 160, 284],
  ] as const
  for (const [width, height, frameWidth, frameHeight] of sizes) {
    const path = await clip(`${width}x${height}.mp4`, { width, height, frames: 6 })
    const { picture } = await sheetOf(await extract(path, 4))
    assert.deepEqual([picture.width, picture.height], [2 * frameWidth, 2 * frameHeight])
  }
})

test('the simulator’s clips have sheets, whatever their container', async () => {
  for (const [name, frames] of [
    ['clip.mp4', 10],
    ['clip.mov', 10],
    ['clip.webm', 9],
  ] as const) {
    const source = fileURLToPath(new URL(`../../../simulator/clips/${name}`, import.meta.url))
    await copyFile(source, pathOf(name))
    const { picture } = await sheetOf(await extract(pathOf(name), frames))
    const { columns, rows } = sheetGrid(frames)
    assert.deepEqual([picture.width, picture.height], [columns * 160, rows * 90], name)
  }
})

test('damaged pictures cost no sheet; a file without any that decodes has none', async () => {
  const bytes = await readFile(await clip('whole.mp4'))
  const dataAt = bytes.indexOf('mdat', 0, 'latin1') + 4
  const dataEnd = bytes.indexOf('moov', 0, 'latin1') - 4
  const middle = Math.floor((dataAt + dataEnd) / 2)
  const damaged = Buffer.from(bytes)
  damaged.fill(0x5a, middle, middle + 2_000)
  await writeFile(pathOf('damaged.mp4'), damaged)
  const sheet = await sheetOf(await extract(pathOf('damaged.mp4')))
  assert.equal(sheet.frames, 25)
  showsItsTime(brightnesses(sheet).slice(0, 10), CLIP.frames, 25)
  damaged.fill(0, dataAt, dataEnd)
  await writeFile(pathOf('blank.mp4'), damaged)
  assert.equal(await extractStills(pathOf('blank.mp4'), { sheetFramesMax: 25 }), undefined)
})

test('a video that takes too long keeps its poster and has no sheet', async () => {
  const path = await clip('slow.mp4')
  const clock = new TestClock()
  let looks = 0
  // Reading the packets asks once for each; from then on half a second passes with each look.
  const slow: Clock = {
    nowMs: () => clock.nowMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    monotonicMs: () => ((looks += 1) > 150 ? (looks - 150) * 500 : 0),
  }
  const stills = await extract(path, 25, slow)
  assert.ok('problem' in stills.sheet && /too long/.test(stills.sheet.problem))
  assert.equal(stills.poster.width, 320)
})
