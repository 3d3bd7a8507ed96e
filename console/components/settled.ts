import { useEffect, useState } from 'react'

/** What somebody types, once they pause: not each letter asks the API. Compared by what it says, so it may be made anew at each look. */
export const useSettled = <T>(value: T, ms = 400): T => {
  const text = JSON.stringify(value)
  const [settled, setSettled] = useState({ text, value })
  useEffect(() => {
    if (text === settled.text) return undefined
    const timer = setTimeout(() => setSettled({ text, value }), ms)
    return () => clearTimeout(timer)
  })
  return settled.value
}
