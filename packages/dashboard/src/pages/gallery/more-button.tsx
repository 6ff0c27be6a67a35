import { useEffect, useEffectEvent, useRef, type ReactElement } from 'react'
import { Button } from '../../ui/button.tsx'

/** Before it comes into view: the next page is there when the reader is. */
const AHEAD = '600px'

/** Asks for the next page by itself when it comes near, and when it is pressed. */
export function MoreButton({ isLoading, onMore }: { isLoading: boolean; onMore: () => void }): ReactElement {
  const place = useRef<HTMLDivElement>(null)
  const more = useEffectEvent(() => {
    if (!isLoading) onMore()
  })
  useEffect(() => {
    if (place.current === null || isLoading) return undefined
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) more()
      },
      { rootMargin: AHEAD },
    )
    observer.observe(place.current)
    return () => observer.disconnect()
  }, [isLoading])
  return (
    <div ref={place} className="flex justify-center py-8">
      <Button disabled={isLoading} onClick={onMore}>
        {isLoading ? 'Loading…' : 'Show more'}
      </Button>
    </div>
  )
}
