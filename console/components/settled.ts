import { useEffect, useState } from 'react'

/** What somebody types, once they pause: not each letter asks the API. */
export const useSettled = <T>(value: T, ms = 400): T => {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return settled
}
