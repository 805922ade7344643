// Loaded first, on its own and small. The card opens by HTML alone; this only starts its clock at
// the very touch, however late the rest of the page arrives, and remembers that it was called.
(() => {
  let called = null;
  const show = () => {
    const clock = document.getElementById("rescue-clock");
    const from = clock?.dataset.age ? null : called;
    if (!clock || from === null) return;
    const s = Math.floor((performance.now() - from) / 1000);
    clock.textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#emergency") && called === null) {
      called = performance.now();
      document.documentElement.dataset.emergency = "called";
      document.dispatchEvent(new Event("esker:emergency"));
      setInterval(show, 500);
      show();
    }
  }, true);
})();
