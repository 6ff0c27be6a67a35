import { mix } from './colors.ts'
import type { Scene, Time } from './scene.ts'

/** The colors of one scene, and where its light comes from (as shares of width and height). */
export interface Palette {
  /** From the zenith down to the horizon. */
  readonly sky: readonly [string, string, string, string]
  readonly light: string
  readonly glow: string
  readonly lightX: number
  readonly lightY: number
  /** As a share of the shorter edge. */
  readonly lightRadius: number
  readonly glowStrength: number
  readonly stars: number
  readonly cloudLit: string
  readonly cloudShade: string
  /** Far things fade towards this. */
  readonly haze: string
  /** From far to near. */
  readonly land: readonly [string, string, string, string]
  /** From the horizon to the viewer. */
  readonly sea: readonly [string, string, string]
  /** The darkest tone, for silhouettes. */
  readonly ink: string
  /** How dark the scene is, 0..1: windows and lamps are lit above a half. */
  readonly darkness: number
}

const PALETTES: Readonly<Record<Time, Palette>> = {
  sunset: {
    sky: ['#241652', '#6d2f7c', '#e4607a', '#ffc07d'],
    light: '#fff1c4',
    glow: '#ff9d5c',
    lightX: 0.56,
    lightY: 0.51,
    lightRadius: 0.075,
    glowStrength: 1,
    stars: 0.15,
    cloudLit: '#ffb199',
    cloudShade: '#7a3c79',
    haze: '#f08f80',
    land: ['#a4587f', '#6c3a70', '#3d2355', '#1a1033'],
    sea: ['#f2937c', '#8a4a83', '#23184a'],
    ink: '#150c2b',
    darkness: 0.55,
  },
  dawn: {
    sky: ['#35508f', '#8a97cf', '#f4bfc0', '#ffe9cf'],
    light: '#fffbe8',
    glow: '#ffd9a8',
    lightX: 0.36,
    lightY: 0.47,
    lightRadius: 0.06,
    glowStrength: 0.8,
    stars: 0.04,
    cloudLit: '#fff0e6',
    cloudShade: '#b79cc0',
    haze: '#f0cfcb',
    land: ['#a9a6c6', '#7f86ab', '#4f6482', '#263c52'],
    sea: ['#f3cfc6', '#8f9ec6', '#34507f'],
    ink: '#1d2d42',
    darkness: 0.3,
  },
  day: {
    sky: ['#1f6fd0', '#4f9fe8', '#9bd0f7', '#e3f4ff'],
    light: '#fffdf0',
    glow: '#fff2c4',
    lightX: 0.74,
    lightY: 0.17,
    lightRadius: 0.05,
    glowStrength: 0.6,
    stars: 0,
    cloudLit: '#ffffff',
    cloudShade: '#a9c4de',
    haze: '#cfe6f5',
    land: ['#9cc0c9', '#6fa58f', '#447f57', '#234d33'],
    sea: ['#8fcbe6', '#2f8fc4', '#0d4f8a'],
    ink: '#14323a',
    darkness: 0,
  },
  night: {
    sky: ['#04081c', '#0a1738', '#16305f', '#2f5488'],
    light: '#f4f2de',
    glow: '#8fb4e8',
    lightX: 0.72,
    lightY: 0.2,
    lightRadius: 0.055,
    glowStrength: 0.5,
    stars: 1,
    cloudLit: '#35507f',
    cloudShade: '#0e1b3c',
    haze: '#2b4a7c',
    land: ['#1f3b68', '#15294d', '#0c1a35', '#060d1f'],
    sea: ['#2c4f85', '#12294f', '#050d22'],
    ink: '#040916',
    darkness: 1,
  },
  overcast: {
    sky: ['#53616f', '#7b8b99', '#a7b5c0', '#d3dbe0'],
    light: '#eef2f4',
    glow: '#dfe6ea',
    lightX: 0.6,
    lightY: 0.24,
    lightRadius: 0,
    glowStrength: 0.35,
    stars: 0,
    cloudLit: '#c5ced6',
    cloudShade: '#6f7d8a',
    haze: '#c0cbd2',
    land: ['#93a3ad', '#6b7f86', '#46595e', '#26363b'],
    sea: ['#a5b6bf', '#607884', '#2c414e'],
    ink: '#18262c',
    darkness: 0.35,
  },
}

type Colors3 = Palette['sea']
type Colors4 = Palette['sky']

function mapColors(colors: Colors4, change: (color: string) => string): Colors4 {
  return [change(colors[0]), change(colors[1]), change(colors[2]), change(colors[3])]
}

function mapSea(colors: Colors3, change: (color: string) => string): Colors3 {
  return [change(colors[0]), change(colors[1]), change(colors[2])]
}

/** Land in autumn or under snow keeps its brightness and changes its hue. */
function seasonal(palette: Palette, scene: Scene): Palette {
  if (scene.weather === 'snow' && scene.place !== 'space' && scene.place !== 'desk') {
    const snow = mix('#f4f8ff', palette.sky[1], 0.25 + palette.darkness * 0.35)
    const land = mapColors(palette.land, (color) => mix(color, snow, 0.35))
    return { ...palette, land, haze: mix(palette.haze, '#eef4fb', 0.3) }
  }
  if (!scene.isAutumn) return palette
  return { ...palette, land: mapColors(palette.land, (color) => mix(color, '#a8501c', 0.42)) }
}

/** Rain takes color out of the light of day, and fog takes contrast. */
function weathered(palette: Palette, scene: Scene): Palette {
  if (scene.weather !== 'rain' && scene.weather !== 'storm' && scene.weather !== 'fog') return palette
  const dim = scene.weather === 'storm' ? 0.45 : 0.22
  const tone = mix(palette.sky[2], '#5d6a78', 0.6)
  const toned = (color: string): string => mix(color, tone, dim)
  return {
    ...palette,
    sky: mapColors(palette.sky, toned),
    sea: mapSea(palette.sea, toned),
    stars: palette.stars * 0.2,
  }
}

/** The colors of a scene. */
export function paletteOf(scene: Scene): Palette {
  return weathered(seasonal(PALETTES[scene.time], scene), scene)
}
