import { type Field, type Fields, includes, type Message } from '../../../../protocol/schema.ts'
import type { ResolvedField, ResolvedMessage } from './resolved.ts'

export function resolveDeclared(message: Message, version: number): ResolvedMessage {
  const flexible = includes(message.flexible, version)
  return { flexible, fields: resolveFields(message.fields, version, flexible) }
}

function resolveFields(fields: Fields, version: number, flexible: boolean): ResolvedField[] {
  return Object.entries(fields)
    .filter(([, field]) => includes(field.versions, version))
    .map(([name, field]) => {
      const { type } = field
      const element = type.kind === 'array' ? type.element : type
      return {
        name,
        type: type.kind === 'array' ? `[]${element.kind}` : type.kind,
        nullable: includes(field.nullable, version),
        tag: flexible && includes(field.tagged, version) ? field.tag : undefined,
        default: defaultText(field),
        compact: flexible && !field.alwaysClassic,
        fields: element.kind === 'struct' ? resolveFields(element.fields, version, flexible) : [],
      }
    })
}

function defaultText(field: Field): string {
  const value = field.default
  if (value === null) return 'null'
  switch (field.type.kind) {
    case 'array':
      return '[]'
    case 'struct':
      return '{}'
    case 'bytes':
      return `"${(value as Buffer).toString('base64')}"`
    case 'string':
      return JSON.stringify(value)
    default:
      return String(value)
  }
}
