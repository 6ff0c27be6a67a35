import { namedColor } from './color-words.ts'
import { seededRandom } from './seeded-random.ts'

export type Time = 'dawn' | 'day' | 'sunset' | 'night' | 'overcast'
export type Place =
  | 'ocean'
  | 'city'
  | 'forest'
  | 'mountain'
  | 'desert'
  | 'meadow'
  | 'space'
  | 'underwater'
  | 'sky'
  | 'desk'
export type Weather = 'clear' | 'rain' | 'snow' | 'fog' | 'storm' | 'fireflies' | 'petals'
export type Camera = 'push' | 'pull' | 'left' | 'right' | 'rise' | 'still'
export type Subject =
  | 'boat'
  | 'fox'
  | 'cat'
  | 'dog'
  | 'deer'
  | 'bird'
  | 'paper-airplane'
  | 'balloon'
  | 'car'
  | 'person'
  | 'astronaut'
  | 'rocket'
  | 'whale'
  | 'fish'
  | 'house'
  | 'lighthouse'
  | 'butterfly'

/** What the words of a prompt come to. */
export interface Scene {
  readonly time: Time
  readonly place: Place
  readonly weather: Weather
  readonly camera: Camera
  readonly subject: Subject | undefined
  /** Whether the season is autumn, which colours what grows. */
  readonly isAutumn: boolean
  /** Whether the prompt speaks of a beach. */
  readonly isBeach: boolean
  /** The color that the prompt names, for a subject that can have one. */
  readonly color: string | undefined
}

type Rule<Value> = readonly [RegExp, Value]

const TIMES: readonly Rule<Time>[] = [
  [/\b(night|midnight|moon\w*|nocturnal|starry|neon|cyberpunk|aurora)\b|夜|星/i, 'night'],
  [/\b(sunset|dusk|twilight|golden hour|evening|sundown)\b|黄昏|日落|夕阳/i, 'sunset'],
  [/\b(sunrise|dawn|morning|daybreak)\b|清晨|日出/i, 'dawn'],
  [/\b(overcast|cloudy|gr[ae]y|gloomy|rain\w*|storm\w*|fog\w*|mist\w*)\b|雨|雾/i, 'overcast'],
  [/\b(day\w*|noon|sunny|bright|blue sky|summer)\b|白天|晴/i, 'day'],
]

const PLACES: readonly Rule<Place>[] = [
  [/\b(desk|table|office|room|library|kitchen|indoors?|workshop|studio)\b|桌|房间/i, 'desk'],
  [/\b(underwater|coral|reef|deep sea|seabed|aquarium)\b|海底/i, 'underwater'],
  [/\b(space|galaxy|planet|orbit|nebula|cosmos|mars|spaceship)\b|太空|宇宙/i, 'space'],
  [/\b(mountains?|alps|peaks?|valley|himalayas?|glacier|ski(ing|er)?s?)\b|山/i, 'mountain'],
  [/\b(ocean|sea|beach|waves?|coast|shore|harbou?r|lake|river|bay)\b|海|湖/i, 'ocean'],
  [
    /\b(city|street|tokyo|skyline|downtown|urban|new york|skyscrapers?|traffic|neon|cyberpunk)\b|城市|街/i,
    'city',
  ],
  [/\b(forest|woods?|jungle|trees?|pines?|grove)\b|森林|树/i, 'forest'],
  [/\b(desert|dunes?|sahara|canyon|sand)\b|沙漠/i, 'desert'],
  [/\b(meadow|fields?|grass\w*|flowers?|garden|farm|hills?|prairie|park|village)\b|草原|田野|花/i, 'meadow'],
  [/\b(sky|clouds?|flying|aerial|heaven)\b|天空|云/i, 'sky'],
]

const WEATHERS: readonly Rule<Weather>[] = [
  [/\b(storm\w*|thunder\w*|lightning)\b|雷/i, 'storm'],
  [/\b(rain\w*|drizzle|downpour|wet)\b|雨/i, 'rain'],
  [/\b(snow\w*|blizzard|winter|frost\w*|icy)\b|雪/i, 'snow'],
  [/\b(fog\w*|mist\w*|haze|hazy)\b|雾/i, 'fog'],
  [/\b(fireflies|firefly|glowing|magic\w*|enchanted|fairy)\b|萤火/i, 'fireflies'],
  [/\b(petals?|blossoms?|sakura|cherry|autumn|fall leaves|leaves)\b|樱|秋/i, 'petals'],
]

const CAMERAS: readonly Rule<Camera>[] = [
  [/\b(zoom(s|ing)? out|pull(s|ing)? back|dolly out|reveal)\b/i, 'pull'],
  [/\b(zoom(s|ing)?( in)?|push(es|ing)? in|dolly( in)?|close-?up)\b/i, 'push'],
  [/\bpan(s|ning)?( to the)? left\b/i, 'left'],
  [/\b(pan(s|ning)?|tracking|cross(es|ing)|driving|sailing)\b/i, 'right'],
  [/\b(drone|aerial|crane|rises?|rising|tilt(s|ing)? up|soar\w*)\b/i, 'rise'],
  [/\b(static|still|tripod|locked)\b/i, 'still'],
]

const SUBJECTS: readonly Rule<Subject>[] = [
  [/\bpaper (air)?planes?\b|\bpaper airplane|纸飞机/i, 'paper-airplane'],
  [/\b(boat|sailboat|ship|yacht|sailing)\b|船/i, 'boat'],
  [/\bfox(es)?\b|狐/i, 'fox'],
  [/\b(cats?|kittens?|kitty)\b|猫/i, 'cat'],
  [/\b(dogs?|pupp(y|ies)|corgi|retriever|wolf)\b|狗/i, 'dog'],
  [/\b(deer|stag|elk|moose)\b|鹿/i, 'deer'],
  [/\b(whales?|dolphins?|orca)\b|鲸/i, 'whale'],
  [/\b(fish|fishes|sharks?|koi)\b|鱼/i, 'fish'],
  [/\b(butterfl(y|ies)|moths?)\b|蝴蝶/i, 'butterfly'],
  [/\b(birds?|seagulls?|eagles?|geese|crane|swallows?|dragon)\b|鸟/i, 'bird'],
  [/\b(balloons?|airship|zeppelin)\b|气球/i, 'balloon'],
  [/\b(cars?|taxi|truck|drive|driving|bus)\b|车/i, 'car'],
  [/\b(rockets?|spaceships?|shuttle|spacecraft)\b|火箭/i, 'rocket'],
  [/\blighthouses?\b|灯塔/i, 'lighthouse'],
  [/\b(house|cabin|cottage|hut|home|barn)\b|屋/i, 'house'],
  [/\b(astronauts?|cosmonauts?|spaceman)\b|宇航员/i, 'astronaut'],
  [/\b(man|woman|person|people|girl|boy|hiker|samurai|robot|child|someone|dancer)\b|人|女|男/i, 'person'],
]

/** Where a subject is at home, when the prompt names no place. */
const HABITATS: Readonly<Record<Subject, Place>> = {
  boat: 'ocean',
  fox: 'forest',
  cat: 'meadow',
  dog: 'meadow',
  deer: 'forest',
  bird: 'sky',
  'paper-airplane': 'sky',
  balloon: 'sky',
  car: 'desert',
  person: 'meadow',
  astronaut: 'space',
  rocket: 'space',
  whale: 'underwater',
  fish: 'underwater',
  house: 'mountain',
  lighthouse: 'ocean',
  butterfly: 'meadow',
}

function firstMatch<Value>(rules: readonly Rule<Value>[], prompt: string): Value | undefined {
  return rules.find(([words]) => words.test(prompt))?.[1]
}

function timeOf(prompt: string, weather: Weather | undefined, pickOther: () => Time): Time {
  const named = firstMatch(TIMES, prompt)
  if (named !== undefined) return named
  if (weather === 'fireflies') return 'night'
  return weather === undefined ? pickOther() : 'day'
}

/** Reads a prompt as a scene; what it leaves open is picked from the seed. */
export function sceneOf(prompt: string, seed: number): Scene {
  const random = seededRandom(prompt, seed, 'scene')
  const subject = firstMatch(SUBJECTS, prompt)
  const weather = firstMatch(WEATHERS, prompt)
  const anyPlace = random.pick<Place>(['ocean', 'mountain', 'meadow', 'desert', 'sky', 'forest'])
  const anyTime = random.pick<Time>(['day', 'sunset', 'dawn', 'sunset'])
  const anyCamera = random.pick<Camera>(['push', 'push', 'pull', 'right', 'left'])
  return {
    time: timeOf(prompt, weather, () => anyTime),
    place: firstMatch(PLACES, prompt) ?? (subject === undefined ? anyPlace : HABITATS[subject]),
    weather: weather ?? 'clear',
    camera: firstMatch(CAMERAS, prompt) ?? anyCamera,
    subject,
    isBeach: /\b(beach|shore|coast|seaside)\b|沙滩/i.test(prompt),
    color: namedColor(prompt),
    isAutumn: /\b(autumn|october|fall (leaves|colou?rs|foliage))\b|秋/i.test(prompt),
  }
}

const WALKERS: readonly Subject[] = ['fox', 'cat', 'dog', 'deer', 'car', 'person', 'astronaut', 'house']

/** Whether an ocean has a beach in front: when asked for, and when its subject cannot stand on water. */
export function hasShore(scene: Scene): boolean {
  if (scene.place !== 'ocean') return false
  return scene.subject === undefined ? scene.isBeach : WALKERS.includes(scene.subject)
}
