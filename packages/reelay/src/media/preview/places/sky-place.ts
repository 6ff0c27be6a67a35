import { mix } from '../colors.ts'
import { drawCloud } from '../clouds.ts'
import { paintSky } from '../sky.ts'
import type { Painter, Stage } from '../stage.ts'

interface Bank {
  readonly depth: number
  readonly y: number
  readonly size: number
  readonly speed: number
}

const BANKS: readonly Bank[] = [
  { depth: 0.15, y: 0.7, size: 0.13, speed: -0.004 },
  { depth: 0.35, y: 0.79, size: 0.2, speed: -0.01 },
  { depth: 0.6, y: 0.9, size: 0.29, speed: -0.02 },
]

function paintBank(stage: Stage, bank: Bank): Painter {
  const { palette, width, height, unit } = stage
  const lit = mix(palette.cloudLit, palette.haze, 0.28 - bank.depth * 0.3)
  const shade = mix(palette.cloudShade, palette.haze, 0.3 - bank.depth * 0.3)
  return stage.drifting(bank.depth, bank.speed, (context) => {
    const random = stage.random(`bank ${bank.depth}`)
    for (let index = 0; index < 24; index += 1) {
      drawCloud(context, random, {
        x: ((index + random.next()) / 24) * (width + 2 * stage.marginX) - stage.marginX,
        y: height * (bank.y + random.between(-0.02, 0.07)),
        size: unit * bank.size * random.between(0.7, 1.2),
        flatness: 0.5,
        lit,
        shade,
        alpha: 0.9,
      })
    }
  })
}

/** Above a sea of clouds. */
export function paintSkyPlace(stage: Stage): { back: Painter; front: Painter } {
  const sky = paintSky(stage, stage.height * 0.82)
  const [far, middle, near] = BANKS.map((bank) => paintBank(stage, bank))
  return {
    back: (moment) => {
      sky(moment)
      far?.(moment)
      middle?.(moment)
    },
    front: (moment) => near?.(moment),
  }
}
