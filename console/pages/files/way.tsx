import { safeText } from '#core/safe-text.ts'
import { PageLink } from '../../components/page-link.tsx'
import { files } from '../../text/files.ts'
import { addressOf, type Place, wayTo } from './place.ts'
import { ShownName } from './shown-name.tsx'

const words = files.way

/** From the volumes to where somebody is; each step leads there. */
export const Way = ({ pointId, place }: { pointId: string; place: Place }) => {
  const { volume } = place
  const steps = [
    { name: words.volumes, place: { path: '/' } as Place },
    ...(volume === undefined ? [] : [{ name: volume, place: { volume, path: '/' } }]),
    ...wayTo(place),
  ]
  return (
    <nav aria-label={words.label}>
      <ol className="way">
        {steps.map((step, index) => (
          <li key={addressOf(pointId, step.place)}>
            {index === steps.length - 1 ? (
              <span aria-current="page">
                <ShownName name={step.name} />
              </span>
            ) : (
              <PageLink to={addressOf(pointId, step.place)} label={safeText(step.name)}>
                <ShownName name={step.name} />
              </PageLink>
            )}
          </li>
        ))}
      </ol>
    </nav>
  )
}
