export function show(main) { main.replaceChildren(); }
