/** The value of the key. If the map has none, `make` makes it. (Node 24 lacks `Map.prototype.getOrInsertComputed`.) */
export function getOrInsert<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}
