import LiveRegion from '@cloudscape-design/components/live-region'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { type GuestEntry, MOST_DOWNLOADED } from '#core/contracts/files-answers.ts'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { safeText } from '#core/safe-text.ts'
import { sizeText } from '../../components/size.ts'
import { files } from '../../text/files.ts'
import type { OpenLook } from './answer.ts'
import type { Contents } from './contents.ts'
import type { Download } from './downloads.ts'
import { FIRST_VIEW, Folder, type FolderView } from './folder.tsx'
import { canBeNamed } from './names.ts'
import { Notes } from './notes.tsx'
import { addressOf, inside, keyOf, nameOf, type Place } from './place.ts'
import { ReadingState } from './reading-state.tsx'
import { useFocusOnPlace } from './use-focus-on-place.ts'
import { useReading } from './use-reading.ts'
import { Volumes } from './volumes.tsx'

const words = files.list

/** What lies at a place of a point. */
export const PlaceContents = ({
  point: { pointId, vmName },
  place,
  asking,
  download,
}: {
  point: ListedPoint
  place: Place
  asking: OpenLook | undefined
  download: (
    wanted: Pick<Download, 'volume' | 'path' | 'name' | 'isFolder'> & { size?: number },
  ) => void
}) => {
  const { reading, again } = useReading(asking, place)
  const [views, setViews] = useState<Readonly<Record<string, FolderView>>>({})
  const key = keyOf(place)
  const view = views[key] ?? FIRST_VIEW
  const change = (some: Partial<FolderView>) =>
    setViews(before => ({ ...before, [key]: { ...view, ...some } }))
  const contents = reading.state === 'read' ? reading.contents : undefined
  const here = useFocusOnPlace(place, contents !== undefined)
  const { volume, path } = place
  const where = volume === undefined ? files.volumes.title : safeText(`${volume} ${path}`)
  const take = ({ name, type, size }: GuestEntry) => {
    if (volume !== undefined)
      download({
        ...{ volume, path: inside(path, name), name },
        isFolder: type === 'directory',
        ...(type === 'file' && { size }),
      })
  }
  const refused = ({ name, type, size }: GuestEntry): string | undefined => {
    if (!canBeNamed(name)) return words.unsaid
    if (type === 'file' && size > MOST_DOWNLOADED) return words.tooLarge(sizeText(MOST_DOWNLOADED))
    return undefined
  }
  return (
    <section className="place" tabIndex={-1} ref={here} aria-label={words.contentsOf(where)}>
      <LiveRegion hidden>{toldOf(where, reading.state, contents)}</LiveRegion>
      <SpaceBetween size="s">
        <ReadingState where={where} reading={reading} again={again} />
        {contents && <Notes of={where} notes={contents.notes} />}
        {contents?.what === 'volumes' && <Volumes pointId={pointId} volumes={contents.volumes} />}
        {contents?.what === 'list' && volume !== undefined && (
          <Folder
            key={key}
            name={nameOf(path) || volume}
            contents={contents}
            view={view}
            change={change}
            deeds={{
              addressOf: ({ name }) => addressOf(pointId, { volume, path: inside(path, name) }),
              download: take,
              closed: asking ? undefined : words.closed,
              refused,
            }}
            downloadAll={{
              text: path === '/' ? words.downloadVolume : words.downloadAll,
              act: () =>
                download({
                  ...{ volume, path, isFolder: true },
                  name: nameOf(path) || `${vmName} ${volume}`,
                }),
            }}
          />
        )}
      </SpaceBetween>
    </section>
  )
}

/** For who does not see it. */
const toldOf = (where: string, state: string, contents: Contents | undefined): string => {
  if (state === 'reading') return words.loading(where)
  if (contents?.what === 'volumes') return files.volumes.told(contents.volumes.length)
  return contents ? words.told(where, contents.total) : ''
}
