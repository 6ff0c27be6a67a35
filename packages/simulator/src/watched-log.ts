const ITEMS_MAX = 20_000

interface Watcher<Item> {
  readonly match: (item: Item) => boolean
  readonly count: number
  readonly resolve: (item: Item) => void
}

/** Everything that happened, in order; the oldest are dropped above 20,000. */
export class WatchedLog<Item> {
  readonly items: Item[] = []
  #watchers: Watcher<Item>[] = []

  add(item: Item): void {
    this.items.push(item)
    if (this.items.length > ITEMS_MAX) this.items.shift()
    this.tell()
  }

  /** Looks again whether someone waits for what the items say now. */
  tell(): void {
    this.#watchers = this.#watchers.filter((watcher) => !this.#tell(watcher))
  }

  /** Resolves with the `count`-th matching item, as soon as it is there; those in the past count. */
  until(match: (item: Item) => boolean, count: number): Promise<Item> {
    return new Promise((resolve) => {
      const watcher: Watcher<Item> = { match, count, resolve }
      if (!this.#tell(watcher)) this.#watchers.push(watcher)
    })
  }

  #tell(watcher: Watcher<Item>): boolean {
    const found = this.items.filter(watcher.match)[watcher.count - 1]
    if (found === undefined) return false
    watcher.resolve(found)
    return true
  }
}
