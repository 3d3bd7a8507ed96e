import { safeText } from '#core/safe-text.ts'
import './files-page.css'

/** A name of the guest as it is: nothing that it says is hidden, and none of it steers the page. */
export const ShownName = ({ name }: { name: string }) => (
  <bdi className="guest-name">{safeText(name)}</bdi>
)
