import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasShore, sceneOf, type Scene } from './scene.ts'

const READINGS: readonly (readonly [string, Partial<Scene>])[] = [
  ['A small boat on the ocean at sunset', { time: 'sunset', place: 'ocean', subject: 'boat' }],
  ['Neon city street at night in the rain', { time: 'night', place: 'city', weather: 'rain' }],
  ['A fox in the forest', { place: 'forest', subject: 'fox' }],
  ['Snow on a mountain lake', { place: 'mountain', weather: 'snow' }],
  [
    'A cinematic shot of a paper airplane crossing a desk',
    { place: 'desk', subject: 'paper-airplane', camera: 'right' },
  ],
  ['zoom out from a lighthouse in a storm', { camera: 'pull', subject: 'lighthouse', weather: 'storm' }],
  ['autumn forest', { isAutumn: true, place: 'forest' }],
  ['夜晚的森林里有一只狐狸', { time: 'night', place: 'forest', subject: 'fox' }],
]

test('the words of a prompt choose time, place, weather, camera and subject', () => {
  for (const [prompt, expected] of READINGS) {
    const scene = sceneOf(prompt, 1)
    assert.deepEqual({ ...scene, ...expected }, scene, prompt)
  }
})

test('a subject without a place is shown where it is at home', () => {
  assert.equal(sceneOf('a whale', 1).place, 'underwater')
  assert.equal(sceneOf('a rocket', 1).place, 'space')
})

test('what a prompt leaves open is the same for one seed and varies between seeds', () => {
  assert.deepEqual(sceneOf('something', 7), sceneOf('something', 7))
  const places = new Set(Array.from({ length: 40 }, (_, seed) => sceneOf('something', seed).place))
  assert.ok(places.size >= 4, [...places].join(', '))
})

test('only what cannot stand on water needs a beach', () => {
  assert.equal(hasShore(sceneOf('a dog by the sea', 1)), true)
  assert.equal(hasShore(sceneOf('a boat on the sea', 1)), false)
  assert.equal(hasShore(sceneOf('a dog in a meadow', 1)), false)
})
