// What the server says, whatever its status.
export async function answer(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The answer is no JSON: ${response.status} ${response.statusText} ${text.slice(0, 500)}`.trim());
  }
}
