/** Produces the next piece while the consumer is busy with this one. */
export async function* readAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  const pull = () => {
    const next = source.next()
    next.catch(() => {})
    return next
  }
  let pending = pull()
  try {
    for (;;) {
      const { done, value } = await pending
      if (done) return
      pending = pull()
      yield value
    }
  } finally {
    await pending.catch(() => {})
    await source.return(undefined)
  }
}
