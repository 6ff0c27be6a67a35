import { hasShore, type Place, type Subject } from '../scene.ts'
import type { Painter, Stage } from '../stage.ts'
import { paintAstronaut } from './astronaut.ts'
import { paintBoat } from './boat.ts'
import { paintHouse, paintLighthouse } from './buildings.ts'
import { paintDeer } from './deer.ts'
import { paintBalloons, paintBirds, paintButterflies } from './fliers.ts'
import { paintPaperAirplane } from './paper-airplane.ts'
import { paintPerson } from './person.ts'
import { paintSittingAnimal } from './sitting-animal.ts'
import type { Spot, SubjectPainter } from './spot.ts'
import { paintFish, paintWhale } from './swimmers.ts'
import { paintCar, paintRocket } from './vehicles.ts'

interface Character {
  readonly paint: SubjectPainter
  readonly isAirborne: boolean
  /** Height as a share of the shorter edge. */
  readonly size: number
}

const CHARACTERS: Readonly<Record<Subject, Character>> = {
  boat: { paint: paintBoat, isAirborne: false, size: 0.25 },
  fox: { paint: paintSittingAnimal('fox'), isAirborne: false, size: 0.3 },
  cat: { paint: paintSittingAnimal('cat'), isAirborne: false, size: 0.27 },
  dog: { paint: paintSittingAnimal('dog'), isAirborne: false, size: 0.3 },
  deer: { paint: paintDeer, isAirborne: false, size: 0.3 },
  bird: { paint: paintBirds, isAirborne: true, size: 0.3 },
  'paper-airplane': { paint: paintPaperAirplane, isAirborne: true, size: 0.24 },
  balloon: { paint: paintBalloons, isAirborne: true, size: 0.28 },
  car: { paint: paintCar, isAirborne: false, size: 0.24 },
  astronaut: { paint: paintAstronaut, isAirborne: false, size: 0.36 },
  person: { paint: paintPerson, isAirborne: false, size: 0.3 },
  rocket: { paint: paintRocket, isAirborne: true, size: 0.34 },
  whale: { paint: paintWhale, isAirborne: true, size: 0.3 },
  fish: { paint: paintFish, isAirborne: true, size: 0.2 },
  house: { paint: paintHouse, isAirborne: false, size: 0.22 },
  lighthouse: { paint: paintLighthouse, isAirborne: false, size: 0.27 },
  butterfly: { paint: paintButterflies, isAirborne: true, size: 0.22 },
}

/** Where the ground is, as a share of the height, and how near the camera. */
const GROUNDS: Readonly<Record<Place, { y: number; depth: number }>> = {
  ocean: { y: 0.69, depth: 0.4 },
  city: { y: 0.9, depth: 0.85 },
  forest: { y: 0.88, depth: 0.7 },
  mountain: { y: 0.87, depth: 0.8 },
  desert: { y: 0.85, depth: 0.8 },
  meadow: { y: 0.88, depth: 0.75 },
  space: { y: 0.62, depth: 0.7 },
  underwater: { y: 0.62, depth: 0.6 },
  sky: { y: 0.62, depth: 0.5 },
  desk: { y: 0.86, depth: 0.7 },
}

const SHORE = { y: 0.91, depth: 0.7 }

/** The subject of a scene in its place, or nothing. */
export function paintSubject(stage: Stage): Painter {
  const { subject, place } = stage.scene
  if (subject === undefined) return () => {}
  const { paint, isAirborne, size } = CHARACTERS[subject]
  const ground = hasShore(stage.scene) ? SHORE : GROUNDS[place]
  const spot: Spot = {
    x: stage.width * 0.5,
    y: stage.height * (isAirborne ? 0.42 : ground.y),
    size: stage.unit * size,
    depth: isAirborne ? 0.6 : ground.depth,
  }
  return paint(stage, spot)
}
