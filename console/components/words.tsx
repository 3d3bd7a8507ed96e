import type { ReactNode } from 'react'
import './words.css'

/** What people or other systems have written. Where it has no place to break it breaks anywhere, so that it never widens its column. */
export const Words = ({ children }: { children: ReactNode }) => (
  <span className="words">{children}</span>
)
