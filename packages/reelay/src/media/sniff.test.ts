import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sniffImage, sniffVideo } from './sniff.ts'

function bytes(...parts: (string | number[])[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  )
}

const FTYP = [0, 0, 0, 24]

test('an ftyp box is MP4, and QuickTime when its brand is qt', () => {
  assert.equal(sniffVideo(bytes(FTYP, 'ftypisom', [0, 0, 2, 0])), 'video/mp4')
  assert.equal(sniffVideo(bytes(FTYP, 'ftypmp42', [0, 0, 0, 0])), 'video/mp4')
  assert.equal(sniffVideo(bytes(FTYP, 'ftypqt  ', [0, 0, 2, 0])), 'video/quicktime')
  assert.equal(sniffVideo(bytes([0, 0, 0, 8], 'wide', [0, 0, 0, 8], 'mdat')), 'video/quicktime')
})

test('still pictures and audio in the same container are no video', () => {
  for (const brand of ['avif', 'heic', 'mif1', 'M4A ']) {
    assert.equal(sniffVideo(bytes(FTYP, `ftyp${brand}`, [0, 0, 0, 0])), undefined, brand)
  }
})

test('EBML is WebM only when its doctype says so', () => {
  const head = [0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81, 1]
  assert.equal(sniffVideo(bytes(head, [0x42, 0x82, 0x84], 'webm', [0x42, 0x87, 0x81, 4, 0, 0])), 'video/webm')
  assert.equal(sniffVideo(bytes(head, [0x42, 0x82, 0x88], 'matroska', [0x42, 0x87, 0x81, 4])), undefined)
})

test('anything else is no video', () => {
  for (const text of [
    '',
    'ftyp',
    '<!doctype html><html>',
    '{"error":{}}',
    'RIFF1234AVI LIST',
    '#EXTM3U\nhttp://x/y',
  ]) {
    assert.equal(sniffVideo(bytes(text)), undefined, text)
  }
})

test('pictures are known by their first bytes', () => {
  assert.equal(sniffImage(bytes([0x89], 'PNG\r\n', [0x1a, 0x0a, 0, 0])), 'image/png')
  assert.equal(sniffImage(bytes([0xff, 0xd8, 0xff, 0xe0, 0, 16], 'JFIF')), 'image/jpeg')
  assert.equal(sniffImage(bytes('RIFF', [1, 2, 3, 4], 'WEBPVP8 ')), 'image/webp')
  assert.equal(sniffImage(bytes('GIF89a', [1, 0, 1, 0])), 'image/gif')
  assert.equal(sniffImage(bytes('RIFF', [1, 2, 3, 4], 'WAVEfmt ')), undefined)
  assert.equal(sniffImage(bytes('<svg xmlns="http://www.w3.org/2000/svg">')), undefined)
  assert.equal(sniffImage(bytes('')), undefined)
})
