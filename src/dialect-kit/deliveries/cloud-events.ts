// CloudEvents 1.0 over HTTP: the structured form has everything in the body, the binary form has the data in the body
// and the attributes in headers.

import { cloudEventOptions } from '../option-shapes.ts'
import { checkMembers } from '../shape.ts'
import { type BodyForm, json } from './body.ts'
import type { BodyPart, Part } from './part-types.ts'
import { event, partOf } from './parts.ts'

export interface CloudEventForm {
  /** The `source`, a URI reference. */
  readonly source: BodyPart | string
  /** Default: the id of the event. */
  readonly id?: BodyPart
  /** Default: the type of the event. */
  readonly type?: BodyPart | string
  /** More attributes, such as `subject`; default: none. */
  readonly attributes?: Readonly<Record<string, BodyPart | string>>
  /** Default: the data of the event. */
  readonly data?: BodyPart
}

function attributesOf(form: CloudEventForm) {
  checkMembers('cloudEvents', form, cloudEventOptions)
  const { source, id = event.id, type = event.type, attributes = {} } = form
  return { specversion: '1.0', id, source, type, time: event.occurredAt.iso, ...attributes }
}

function structured(form: CloudEventForm): BodyForm {
  const members = { ...attributesOf(form), datacontenttype: 'application/json', data: form.data ?? event.data }
  return json(members, { contentType: 'application/cloudevents+json; charset=utf-8' })
}

function binary(form: CloudEventForm): BodyForm {
  const headers = Object.entries(attributesOf(form)).map(([name, part]) => [
    `ce-${name}`,
    encoded(partOf(part, `cloudEvents.${name}`)),
  ])
  return { ...json(form.data ?? event.data), headers: Object.fromEntries(headers) as Readonly<Record<string, Part>> }
}

/** The HTTP binding (3.1.3.2) has characters that are not printable ASCII, spaces, `"` and `%` as percent codes. */
function encoded({ made: _made, ...part }: Part): Part {
  return {
    ...part,
    text(message, sending) {
      const found = part.text(message, sending)
      if (found === null) return null
      return found.toWellFormed().replaceAll(/[^\x21\x23\x24\x26-\x7e]/gu, (character) => encodeURIComponent(character))
    },
  }
}

/** `cloudEvents.structured({ source: 'https://api.example.com' })` */
export const cloudEvents = { structured, binary }
