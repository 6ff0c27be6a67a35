import type { Painter, Stage } from '../stage.ts'
import { paintCity } from './city.ts'
import { paintDesert } from './desert.ts'
import { paintDesk } from './desk.ts'
import { paintForest } from './forest.ts'
import { paintMeadow } from './meadow.ts'
import { paintMountain } from './mountain.ts'
import { paintOcean } from './ocean.ts'
import { paintSkyPlace } from './sky-place.ts'
import { paintSpace } from './space.ts'
import { paintUnderwater } from './underwater.ts'

/** A place in two halves: what is behind the subject, and what is before it. */
export interface PlacePainters {
  readonly back: Painter
  readonly front: Painter
}

export function paintPlace(stage: Stage): PlacePainters {
  switch (stage.scene.place) {
    case 'ocean':
      return paintOcean(stage)
    case 'city':
      return paintCity(stage)
    case 'forest':
      return paintForest(stage)
    case 'mountain':
      return paintMountain(stage)
    case 'desert':
      return paintDesert(stage)
    case 'meadow':
      return paintMeadow(stage)
    case 'space':
      return paintSpace(stage)
    case 'underwater':
      return paintUnderwater(stage)
    case 'sky':
      return paintSkyPlace(stage)
    case 'desk':
      return paintDesk(stage)
  }
}
