import { useLocation, useSearch } from 'wouter'

/**
 * What the address says behind its question mark, and a way to replace it. The question mark is there even where nothing
 * follows: without it the router would leave the old query as it is.
 */
export function useAddressQuery(): [query: URLSearchParams, replace: (query: URLSearchParams) => void] {
  const [path, go] = useLocation()
  return [new URLSearchParams(useSearch()), (query) => go(`${path}?${query}`, { replace: true })]
}
