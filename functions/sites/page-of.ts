/**
 * A page of what is read as a whole.
 * @param after the place of the last one told; what is no number begins anew
 */
export const pageOf = <T>(
  all: readonly T[],
  { after = '0', limit = 200 }: { after?: string | undefined; limit?: number | undefined },
): { items: T[]; next?: string } => {
  const start = /^\d{1,6}$/.test(after) ? Number(after) : 0
  const end = start + limit
  const items = all.slice(start, end)
  return end < all.length ? { items, next: String(end) } : { items }
}
